import workerpool from 'workerpool'
import { longCall } from '../compute/workerRun'
import { gradeStudy } from '../quality'
import { assessTissueAtRisk } from '../tissueAtRisk'
import { exportNetwork } from './exportNetwork'
import { judgeMaps } from './judgement'

workerpool.worker({ judgeMaps, assessTissueAtRisk, gradeStudy, exportNetwork: longCall(exportNetwork) })
