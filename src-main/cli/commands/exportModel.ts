import { resolve } from 'node:path'
import { Command } from 'commander'
import { openTensorFlow } from '../../engine/compute/tensorflow'
import { exportOnnx, findModel, type ExportedModel } from '../../engine/prediction'
import { printJson } from '../program'
import { withProgress } from '../progress'

interface Flags {
  out: string
  check?: boolean
  json?: boolean
}

const help = `
MODEL is the folder of a model or of a training run, or the name of one that comes with Umbra. The file holds the network
for ONNX (operator set 13; input and output [batch, row, column, channel] of float32), its description and its card:
\`umbra predict\` takes it as it is.

Example:
  umbra export-model perfusion-unet-small -o perfusion.onnx --check`

/** `umbra export-model MODEL -o FILE.onnx`: a network for other programs. */
export function command(): Command {
  return new Command('export-model')
    .description('write a network as an ONNX file')
    .argument('<model>', 'the network, by folder or by name')
    .requiredOption('-o, --out <file>', 'the file to write, ending in .onnx')
    .option('--check', 'first compare its maps by ONNX Runtime with those by TensorFlow')
    .option('--json', 'print the result on stdout')
    .addHelpText('after', help)
    .action(async (model: string, flags: Flags) => {
      const result = await withProgress('Export', () => exported(model, flags))
      if (flags.json) printJson(result)
      else process.stdout.write(report(result))
    })
}

async function exported(named: string, { out, check }: Flags): Promise<ExportedModel> {
  const folder = await findModel(named)
  const runtime = await openTensorFlow({ backend: 'wasm' })
  try {
    return await exportOnnx(runtime.tf, folder, resolve(out), { check })
  } finally {
    await runtime.dispose()
  }
}

function report({ name, parameters, path, bytes, largestDifference }: ExportedModel): string {
  const checked =
    largestDifference === null
      ? ''
      : `Largest difference between its maps (0 to 1) and those by TensorFlow: ${largestDifference.toExponential(1)}\n`
  return `${checked}${name} (${parameters} parameters) written to ${path} (${(bytes / 1e6).toFixed(1)} MB)\n`
}
