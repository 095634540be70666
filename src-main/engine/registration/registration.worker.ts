import workerpool from 'workerpool'
import { alignFinely, alignFrame, averageSlices, searchFrame } from './frameTasks'
import { resampleSlices } from './resample'

workerpool.worker({ alignFrame, alignFinely, searchFrame, averageSlices, resampleSlices })
