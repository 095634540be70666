import { join, resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { MapsMethod } from '@contract'
import { writeFileAtomically } from '../../engine/files/atomic'
import type { BackendName } from '../../engine/compute/tensorflow'
import {
  allMethods,
  evaluate,
  experimentNames,
  experimentPlot,
  findingsCsv,
  findingsTables,
  type ExperimentName,
  type Finding,
} from '../../engine/evaluation'
import { openPredictor } from '../openPredictor'
import { printJson } from '../program'
import { withProgress } from '../progress'
import { backendOption } from '../values'

interface Flags {
  out: string
  experiment: ExperimentName[]
  method: MapsMethod[]
  patients: number
  size: number
  slices: number
  seed: number
  backend?: BackendName
  json?: boolean
}

const help = `
Every patient is a digital phantom whose bolus, flow and position are outside the range that the network was trained on.
OUT gets model.txt, findings.json, findings.csv, tables.md and a plot (SVG) for each experiment.

Example:
  umbra evaluate perfusion-unet-small -o evaluation --experiment dose`

/** `umbra evaluate MODEL -o OUT`: a network against the deconvolutions on held-out phantoms. */
export function command(): Command {
  return new Command('evaluate')
    .description('measure a network and the deconvolutions on phantoms with known truth')
    .argument('<model>', 'the network, by folder, .onnx file or name')
    .requiredOption('-o, --out <folder>', 'where to write; made when missing')
    .addOption(
      new Option('--experiment <name...>', 'fewer time points, lower dose, filtered input')
        .choices(experimentNames)
        .default([...experimentNames]),
    )
    .addOption(new Option('--method <method...>', 'what is measured').choices(allMethods).default(allMethods))
    .option('--patients <count>', 'phantoms for each condition', whole, 4)
    .option('--size <pixels>', 'rows and columns', whole, 256)
    .option('--slices <count>', 'slices of 8 mm', whole, 4)
    .option('--seed <number>', 'of the phantoms', whole, 77)
    .addOption(backendOption())
    .option('--json', 'print the findings on stdout')
    .addHelpText('after', help)
    .action(async (model: string, flags: Flags) => {
      // Before the work, which takes long: a folder that cannot be written to.
      await writeFileAtomically(join(resolve(flags.out), 'model.txt'), `${model}\n`)
      const findings = await withProgress('Evaluate', async (run) => {
        const { predictor, close } = await openPredictor(model, flags)
        try {
          const { experiment, method, patients, size, slices, seed } = flags
          return await evaluate(
            { predictor, experiments: experiment, methods: method, patients, size, slices, seed },
            run,
          )
        } finally {
          await close()
        }
      })
      if (flags.json) printJson(findings)
      else process.stdout.write(findingsTables(findings))
      // After they are shown, so that a disk that has become full does not take them.
      await write(resolve(flags.out), findings, flags)
      process.stderr.write(`Written to ${flags.out}\n`)
    })
}

async function write(directory: string, findings: Finding[], { experiment }: Flags): Promise<void> {
  await writeFileAtomically(join(directory, 'findings.json'), JSON.stringify(findings, null, 1))
  await writeFileAtomically(join(directory, 'findings.csv'), findingsCsv(findings))
  await writeFileAtomically(join(directory, 'tables.md'), findingsTables(findings))
  for (const name of experiment) {
    await writeFileAtomically(join(directory, `${name}.svg`), experimentPlot(name, findings))
  }
}

function whole(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('A whole number, at least 1.')
  return value
}
