export { assessTissueAtRisk, type AssessOptions, type TissueAtRiskAssessment } from './assess'
export { judgedBy } from './words'
