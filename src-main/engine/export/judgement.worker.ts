import workerpool from 'workerpool'
import { judgeMaps } from './judgement'

workerpool.worker({ judgeMaps })
