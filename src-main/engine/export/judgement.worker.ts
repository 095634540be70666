import workerpool from 'workerpool'
import { longCall } from '../compute/workerRun'
import { gradeStudy } from '../quality'
import { assessTissueAtRisk } from '../tissueAtRisk'
import { exportGraded } from './exportGraded'
import { judgeMaps } from './judgement'

workerpool.worker({ judgeMaps, assessTissueAtRisk, gradeStudy, exportGraded: longCall(exportGraded) })
