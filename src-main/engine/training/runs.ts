import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { epochRecordSchema, UmbraError, warningSchema, type TrainingRun } from '@contract'
import { z } from 'zod'
import { writeFileAtomically } from '../files/atomic'
import { trainingConfig, type TrainingConfig } from './config'
import { refuseRunInUse } from './runLock'
import { SPLIT_FILE, splitSchema } from './split'
import { ENDED_FILE } from './train'

/** The runs of a folder: each in a folder of its own, which is all there is to know of it. */
export interface RunFolder {
  list(workOf: (runId: string) => TrainingRun['work']): Promise<TrainingRun[]>
  /** Makes the folder of a new run. */
  create(runId: string, config: TrainingConfig): Promise<void>
  /** The configuration that a run began with. Throws `no-run`. */
  config(runId: string): Promise<TrainingConfig>
  directoryOf(runId: string): string
  /** Throws `run-in-use` while another program trains in its folder. */
  remove(runId: string): Promise<void>
}

const aboutSchema = z.object({ computedBy: z.string() })

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw thrown
  }
}

async function jsonOf<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  const text = await textOf(path)
  return text === null ? null : schema.parse(JSON.parse(text))
}

/** `perfusion-unet-2026-11-23T08-15-00`: sorts by time within a name, and is a folder name everywhere. */
export const newRunId = (name: string): string =>
  `${name}-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}`

async function describe(
  directory: string,
  runId: string,
  work: TrainingRun['work'],
): Promise<TrainingRun | null> {
  const path = (name: string): string => join(directory, name)
  const config = await textOf(path('config.json'))
  if (config === null) return null
  const { birthtime } = await stat(directory)
  const run: TrainingRun = {
    runId,
    name: runId,
    started: birthtime.toISOString(),
    state: work === null ? 'paused' : 'running',
    directory,
    epochs: 0,
    computedBy: null,
    patients: null,
    history: [],
    config,
    card: null,
    warnings: [],
    fault: null,
    work,
  }
  try {
    const { name, epochs } = trainingConfig(JSON.parse(config), path('config.json'))
    const history = (await jsonOf(path('metrics.json'), z.array(epochRecordSchema))) ?? []
    const split = await jsonOf(path(SPLIT_FILE), splitSchema)
    const card = await textOf(path('model/README.md'))
    const ended = (await textOf(path(ENDED_FILE))) !== null
    return {
      ...run,
      name,
      epochs,
      history,
      card,
      warnings: (await jsonOf(path('warnings.json'), z.array(warningSchema))) ?? [],
      state: work !== null ? 'running' : ended ? 'finished' : 'paused',
      computedBy: (await jsonOf(path('code.json'), aboutSchema))?.computedBy ?? null,
      patients: split && { training: split.training.length, validation: split.validation.length },
    }
  } catch (thrown) {
    return { ...run, fault: `Its folder cannot be read: ${(thrown as Error).message}` }
  }
}

/** The training runs under `root`, the newest first. */
export function openRunFolder(root: string): RunFolder {
  const directoryOf = (runId: string): string => {
    if (!/^[\w.-]+$/.test(runId) || runId.startsWith('.')) {
      throw new UmbraError({ code: 'no-run', message: 'There is no such training run.', where: runId })
    }
    return join(root, runId)
  }
  return {
    directoryOf,
    list: async (workOf) => {
      const names = await readdir(root).catch(() => [])
      const runs = await Promise.all(names.map((name) => describe(join(root, name), name, workOf(name))))
      return runs
        .filter((run): run is TrainingRun => run !== null)
        .sort((a, b) => b.started.localeCompare(a.started))
    },
    create: async (runId, config) => {
      const directory = directoryOf(runId)
      await mkdir(directory, { recursive: true })
      await writeFileAtomically(join(directory, 'config.json'), `${JSON.stringify(config, null, 2)}\n`)
    },
    config: async (runId) => {
      const path = join(directoryOf(runId), 'config.json')
      const text = await textOf(path)
      if (text === null) {
        throw new UmbraError({ code: 'no-run', message: 'There is no such training run.', where: runId })
      }
      return trainingConfig(JSON.parse(text), path)
    },
    remove: async (runId) => {
      const directory = directoryOf(runId)
      refuseRunInUse(directory)
      await rm(directory, { recursive: true, force: true })
    },
  }
}
