export { assessTissueAtRisk, type AssessOptions, type TissueAtRiskAssessment } from './assess'
export { HEALTHY_TMAX } from './healthy'
export { judgedBy } from './words'
