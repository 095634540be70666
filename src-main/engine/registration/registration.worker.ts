import workerpool from 'workerpool'
import { alignFinely, alignFrame, averageSlices, searchFrame } from './frameTasks'
import { resampleSlices } from './resample'

workerpool.worker({ alignFinely, alignFrame, searchFrame, averageSlices, resampleSlices })
