import workerpool from 'workerpool'
import { longCall } from '../compute/workerRun'
import { structureLabels } from '../masks'
import { gradeBesideNetwork, gradeStudy } from '../quality'
import { assessTissueAtRisk } from '../tissueAtRisk'
import { fillExport } from './fillExport'
import { fillNetwork } from './fillNetwork'
import { judgeMaps } from './judgement'

workerpool.worker({
  judgeMaps,
  assessTissueAtRisk,
  gradeStudy,
  gradeBesideNetwork,
  structureLabels,
  fillExport: longCall(fillExport),
  fillNetwork: longCall(fillNetwork),
})
