import { Command } from 'commander'
import { writeMaps, type MapsFlags } from './maps'
import { backendOption } from '../values'

const help = `
MODEL is the folder of a model or of a training run, an .onnx file, or the name of one that comes with Umbra. PATH is a
folder, a zip file or DICOM files. OUT gets what \`umbra maps\` writes.

Example:
  umbra predict perfusion-unet-small study -o maps`

/** `umbra predict MODEL PATH -o OUT`: the maps of a study by a network. */
export function command(): Command {
  return new Command('predict')
    .description('predict the perfusion maps of a study with a network, without an arterial input')
    .argument('<model>', 'the network, by folder, .onnx file or name')
    .argument('<path...>', 'the study: folders, zip files or DICOM files')
    .requiredOption('-o, --out <folder>', 'where to write; made when missing')
    .option('--series <uid>', 'the series to use, by UID or by the key that `umbra info` prints')
    .addOption(backendOption())
    .option('--json', 'print summary.json on stdout')
    .addHelpText('after', help)
    .action((model: string, paths: string[], flags: Pick<MapsFlags, 'out' | 'series' | 'backend' | 'json'>) =>
      writeMaps(paths, { ...flags, method: 'cnn', model, scale: true }),
    )
}
