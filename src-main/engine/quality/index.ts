export { gradeStudy, type MovedFrame, type StudyToGrade } from './gradeStudy'
