import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { UmbraError, type EpochRecord } from '@contract'
import type { Run } from '../../engine/compute/run'
import { describeRuntime, openTensorFlow, type BackendName } from '../../engine/compute/tensorflow'
import { localLearner } from '../../engine/networks'
import {
  trainingConfig,
  trainNetwork,
  type CaseFiles,
  type TrainingConfig,
  type TrainingResult,
} from '../../engine/training'
import { printJson } from '../program'
import { withProgress } from '../progress'
import { signedIn } from '../signedIn'
import { printable } from '../terminal'

interface Flags {
  out: string
  datasets?: string
  backend?: BackendName
  as?: string
  data?: string
  json?: boolean
}

const help = `
CONFIG is a JSON file; docs/training.md lists its fields. OUT gets config.json, split.json, metrics.csv, TensorBoard
events, the best and the last checkpoint, and model/ with its card. The same command goes on where a run was stopped
or killed.

A config that names a reading study of the case store needs its owner: --as NAME signs in with the PIN in UMBRA_PIN, or as
it is asked for on the terminal. A running Umbra must be closed until the training has begun.

Examples:
  umbra train config.json -o runs/first
  umbra train study.json -o runs/ours --as "Ada Owner"`

/** `umbra train CONFIG -o OUT`: trains a network, or goes on with it. */
export function command(): Command {
  return new Command('train')
    .description('train a network that makes perfusion maps')
    .argument('<config>', 'what to train, on which data (JSON)')
    .requiredOption(
      '-o, --out <folder>',
      'the folder of the run; made when missing, gone on with where it exists',
    )
    .option(
      '--datasets <folder>',
      'where prepared data sets are kept (default: .umbra/datasets in the home folder)',
    )
    .option('--backend <name>', 'cuda, webgpu, native or wasm (default: the first that works)')
    .option('--as <name>', 'who signs in, for the cases of a reading study')
    .option('--data <folder>', 'the data folder of Umbra with the case store (default: that of this user)')
    .option('--json', 'print the result on stdout')
    .addHelpText('after', help)
    .action(async (config: string, flags: Flags) => {
      const result = await withProgress('Train', (run) => train(config, flags, run))
      if (flags.json) printJson(result)
      else process.stdout.write(report(result))
    })
}

async function train(path: string, flags: Flags, run: Run): Promise<TrainingResult> {
  const { config, files } = await settle(trainingConfig(await readJson(path), path), flags)
  const runtime = await openTensorFlow({ backend: flags.backend })
  try {
    const computedBy = describeRuntime(runtime)
    process.stderr.write(`${computedBy}\n`)
    return await trainNetwork(
      localLearner(runtime.tf),
      {
        config,
        files,
        directory: resolve(flags.out),
        datasets: resolve(flags.datasets ?? join(homedir(), '.umbra', 'datasets')),
        computedBy,
        onWarning: ({ message, hint }) =>
          process.stderr.write(printable(`Warning: ${message}${hint ? ` ${hint}` : ''}\n`)),
        onEpoch: (record, left) => process.stderr.write(`${epochLine(record, left)}\n`),
      },
      run,
    )
  } finally {
    await runtime.dispose()
  }
}

/** Asks the case store what it knows of the data, where a configuration names a reading study. */
async function settle(
  config: TrainingConfig,
  { as, data }: Flags,
): Promise<{ config: TrainingConfig; files: CaseFiles | null }> {
  const choice = config.data
  if (choice.kind !== 'reading-study') return { config, files: null }
  if (as === undefined) {
    throw new UmbraError({
      code: 'usage',
      message: 'The configuration names a reading study of the case store, whose owner must sign in.',
      hint: 'Add --as NAME, and --data FOLDER where the store is not in the data folder of this user.',
    })
  }
  return signedIn({ as, data }, async ({ toLearn }, session) => {
    const settled = toLearn.settle(session, choice)
    toLearn.note(session, settled.choice)
    return { config: { ...config, data: settled.choice }, files: settled.files }
  })
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
    const message =
      thrown.code === 'ENOENT'
        ? 'There is no such file.'
        : `The configuration cannot be read (${thrown.code}).`
    throw new UmbraError({ code: 'not-found', message, where: path })
  })
  try {
    // Editors on Windows put a mark before the text.
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (thrown) {
    throw new UmbraError({
      code: 'usage',
      message: `The configuration is no JSON: ${(thrown as Error).message}`,
      where: path,
    })
  }
}

function epochLine(record: EpochRecord, left: number | null): string {
  const correlations = Object.entries(record.correlation)
    .map(([map, r]) => `${map} ${(r ?? 0).toFixed(3)}`)
    .join(' ')
  const minutes = left === null ? '' : `, ${(left / 60).toFixed(0)} min left`
  return `Epoch ${record.epoch}: loss ${record.trainingLoss.toExponential(3)}, validation ${record.validationLoss.toExponential(3)}, r ${correlations}, ${record.seconds.toFixed(0)} s${minutes}`
}

function report(result: TrainingResult): string {
  const { best } = result
  return `${result.epochs} epochs; ended because ${result.ended}
Best: epoch ${result.bestEpoch}, validation loss ${best.validationLoss.toExponential(3)}
Model with ${result.parameters} parameters written to ${result.model}
`
}
