import { measureConvolution } from './measure'
import { measureJob } from './measureJob'
import { handleJob, serveTensorFlow } from './serve'

serveTensorFlow([handleJob(measureJob, async ({ tf }) => ({ gflops: measureConvolution(tf) }))])
