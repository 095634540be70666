import workerpool from 'workerpool'
import { longCall } from '../compute/workerRun'
import { structureLabels } from '../masks'
import { gradeStudy } from '../quality'
import { assessTissueAtRisk } from '../tissueAtRisk'
import { fillExport } from './fillExport'
import { fillNetwork } from './fillNetwork'
import { judgeMaps } from './judgement'

workerpool.worker({
  judgeMaps,
  assessTissueAtRisk,
  gradeStudy,
  structureLabels,
  fillExport: longCall(fillExport),
  fillNetwork: longCall(fillNetwork),
})
