export { gradeStudy, type MovedFrame, type StudyToGrade } from './gradeStudy'
export { tissueNoise } from './images'
export { gradeBesideNetwork, gradeNetwork, type Deconvolved } from './network'
