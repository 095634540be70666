import { measureConvolution } from './measure'
import { measureJob } from './measureJob'
import { serveTensorFlow } from './serve'
import { handleJob } from './serveJobs'

serveTensorFlow([handleJob(measureJob, async ({ tf }) => ({ gflops: await measureConvolution(tf) }))])
