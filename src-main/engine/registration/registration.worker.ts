import workerpool from 'workerpool'
import { alignFinely, alignFrame, averageSlices, searchFrame } from './frameTasks'
import { resampleSlices } from './resample'
import { restoreColumns } from './restoreColumns'
import { searchAcross } from './search'

workerpool.worker({
  alignFinely,
  alignFrame,
  searchFrame,
  averageSlices,
  resampleSlices,
  restoreColumns,
  searchAcross,
})
