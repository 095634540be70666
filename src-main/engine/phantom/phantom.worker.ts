import workerpool from 'workerpool'
import { longCall } from '../compute/workerRun'
import { makeDemoStudy } from './study'

workerpool.worker({
  makeDemoStudy: longCall((run, directory: string, number?: number) => makeDemoStudy(directory, number, run)),
})
