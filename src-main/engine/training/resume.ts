import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { UmbraError, type Warning } from '@contract'
import { readCheckpoint, writeCheckpoint, type Checkpoint } from './checkpoint'

/** Where a run goes on from, null for a new one, and what was wrong with its folder. */
export interface Resumption {
  from: Checkpoint | null
  warnings: Warning[]
}

/**
 * Finds the state that a run goes on from: its last checkpoint, or its best one where the last is damaged or missing or
 * the run was killed between the two. Either is whole, so the run ends in the same weights. Files that a kill left
 * half-written are removed. Throws `damaged-checkpoint` where neither can be read, `other-run`.
 */
export async function resumeRun(directory: string, configKey: string): Promise<Resumption> {
  await removeUnfinished(directory)
  const paths = { last: join(directory, 'last.checkpoint'), best: join(directory, 'best.checkpoint') }
  const [last, best] = [await readIfWhole(paths.last), await readIfWhole(paths.best)]
  const known = [last.checkpoint, best.checkpoint].filter((each): each is Checkpoint => each !== null)
  if (known.some((checkpoint) => checkpoint.configKey !== configKey)) throw otherRun(directory)
  const damaged = last.damaged ?? best.damaged
  if (known.length === 0) {
    if (damaged) throw damaged
    return { from: null, warnings: [] }
  }
  if (last.checkpoint && !best.checkpoint) return withoutBest(last.checkpoint, paths.best)
  const [newest] = known.sort((a, b) => b.epoch - a.epoch)
  if (!last.damaged) return { from: newest, warnings: [] }
  const warning: Warning = {
    code: 'last-checkpoint-damaged',
    message: `last.checkpoint is damaged: the training goes on from its best epoch, ${newest.epoch}.`,
    hint: 'The epochs after it are trained again, with the same result.',
  }
  return { from: newest, warnings: [warning] }
}

/** The best weights are lost: those of the last epoch stand for them until an epoch is better. */
async function withoutBest(last: Checkpoint, path: string): Promise<Resumption> {
  const bestLoss = last.history[last.history.length - 1]?.validationLoss ?? Infinity
  const from = { ...last, bestLoss, bestEpoch: last.epoch }
  await writeCheckpoint(path, from)
  const warning: Warning = {
    code: 'best-checkpoint-damaged',
    message: `best.checkpoint is damaged or missing: the weights of epoch ${last.epoch} count as the best until there are better.`,
    hint: `The best epoch was ${last.bestEpoch}; restore the file from a copy to keep it.`,
  }
  return { from, warnings: [warning] }
}

async function readIfWhole(
  path: string,
): Promise<{ checkpoint: Checkpoint | null; damaged: UmbraError | null }> {
  try {
    return { checkpoint: await readCheckpoint(path), damaged: null }
  } catch (thrown) {
    if (thrown instanceof UmbraError && thrown.code === 'damaged-checkpoint') {
      return { checkpoint: null, damaged: thrown }
    }
    throw thrown
  }
}

/** What `writeFileAtomically` had not yet put in its place when the program was killed. */
async function removeUnfinished(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => [])
  const unfinished = names.filter((name) => /^\..*\.[0-9a-f]{12}\.part$/.test(name))
  await Promise.all(unfinished.map((name) => rm(join(directory, name), { force: true })))
}

function otherRun(where: string): UmbraError {
  return new UmbraError({
    code: 'other-run',
    message: 'This folder holds a run of another configuration.',
    hint: 'Choose another folder, or give the configuration in its config.json.',
    where,
  })
}
