import workerpool from 'workerpool'
import { problemOf, type Problem } from '@contract'
import { compareCase, type CaseFindings, type CaseTask } from './compareCase'
import { writeConsensus, type ConsensusFiles, type ConsensusMap } from './consensus'

/** What became of a case: errors do not keep their class on the way between threads. */
export type CaseOutcome = { findings: CaseFindings } | { problem: Problem }

async function compare(task: CaseTask): Promise<CaseOutcome> {
  return compareCase(task).then(
    (findings) => ({ findings }),
    (thrown: unknown) => ({ problem: problemOf(thrown) }),
  )
}

async function write(
  map: ConsensusMap,
  directory: string,
  files: ConsensusFiles,
): Promise<{ problem: Problem | null }> {
  return writeConsensus(map, directory, files).then(
    () => ({ problem: null }),
    (thrown: unknown) => ({ problem: problemOf(thrown) }),
  )
}

workerpool.worker({ compare, write })
