export { gradeStudy, type MovedFrame, type StudyToGrade } from './gradeStudy'
export { tissueNoise } from './images'
export { gradeNetwork, type Deconvolved } from './network'
