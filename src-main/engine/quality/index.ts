export { gradeNetwork } from './network'
export { gradeStudy, type MovedFrame, type StudyToGrade } from './gradeStudy'
