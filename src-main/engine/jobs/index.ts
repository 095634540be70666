export { createJobs, type JobRequest, type JobRun, type Jobs } from './jobs'
export { createLane, type Lane } from './lane'
export { createSharedWork, type SharedWork } from './sharedWork'
