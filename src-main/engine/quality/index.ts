export { tissueNoise } from './images'
export { gradeStudy, type MovedFrame, type StudyToGrade } from './gradeStudy'
