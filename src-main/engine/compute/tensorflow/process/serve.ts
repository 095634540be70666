import { openTensorFlow } from '../runtime'
import { connectToEngine } from './desktopChannel'
import { serveJobs, type JobHandler } from './serveJobs'

/** The whole program of a `<name>.process.ts`. */
export function serveTensorFlow(handlers: JobHandler[]): void {
  serveJobs(handlers, openTensorFlow, connectToEngine)
}
