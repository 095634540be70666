import workerpool from 'workerpool'
import { alignFinely, alignFrame, averageSlices, searchFrame } from './frameTasks'
import { resampleSlices } from './resample'
import { searchAcross } from './search'

workerpool.worker({ alignFinely, alignFrame, searchFrame, averageSlices, resampleSlices, searchAcross })
