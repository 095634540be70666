import { Command, Option } from 'commander'
import { UmbraError } from '@contract'
import {
  lesionVolumes,
  makePhantom,
  phantomKinds,
  phantomOptions,
  phantomVendors,
  residueShapes,
  scannerSampling,
  territories,
  writePhantomStudy,
  type PhantomOptions,
  type PhantomRequest,
} from '../../engine/phantom'
import { partOfRun } from '../../engine/compute/run'
import { printJson } from '../program'
import { withProgress } from '../progress'

/** What commander hands over: the options of the phantom, and those of the command itself. */
type Flags = PhantomRequest & { force?: boolean; json?: boolean }

function number(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) {
    throw new UmbraError({ code: 'usage', message: `"${text}" is not a number.` })
  }
  return value
}

/** Points that a head that lies still is drawn from without being asked: 512 × 512 × 42 in three planes, 1.5 GB. */
const MOST_POINTS = 2 ** 25

/**
 * The options of a phantom whose head is drawn alike whether it moves or not, so that studies made with and without
 * `--motion` can be compared.
 */
function drawnAsByAScanner(request: PhantomRequest): PhantomOptions {
  const options = phantomOptions(request)
  const sampling = scannerSampling(options)
  const drawn = options.size ** 2 * options.slices * sampling.planes * sampling.points ** 2
  return options.kind === 'head' && drawn <= MOST_POINTS
    ? phantomOptions({ ...sampling, ...request })
    : options
}

const help = `
The folder gets dicom/ (the study) and truth/ (maps, masks and labels as NIfTI on the grid of the images, truth.json).

Lesions (--lesion):
  none               a healthy brain
  TERRITORY          ${territories.join(', ')}: core and penumbra of a size that suits the slices
  TERRITORY:20+60    20 ml of core and 60 ml of penumbra around it; left is the patient's left

Kinds (--kind):
  head   256 × 256 × 8 × 5 mm, 45 time points every second, 5 HU of noise, left middle cerebral infarct
  kudo   512 × 512 × 6, 30 time points every 2 s, no noise: 7 × 7 tiles, MTT by column, delay by row, CBV by slice

Examples:
  umbra phantom study
  umbra phantom study --size 512 --slices 16 --volumes 89 --interval 0.5 --vendor siemens
  umbra phantom kudo --kind kudo --residue exponential`

/** `umbra phantom OUT`: a digital perfusion phantom as a DICOM study with its truth. */
export function command(): Command {
  return new Command('phantom')
    .description('make a digital perfusion phantom: a DICOM study with its truth beside it')
    .argument('<out>', 'folder to make')
    .addOption(new Option('--kind <kind>', 'what it shows (default: head)').choices(phantomKinds))
    .addOption(
      new Option('--vendor <vendor>', 'whose DICOM habits it follows (default: ge)').choices(phantomVendors),
    )
    .addOption(
      new Option('--modality <modality>', 'ct, or mr for DSC-MRI (default: ct)').choices(['ct', 'mr']),
    )
    .option('--size <pixels>', 'rows and columns', number)
    .option('--slices <count>', 'slices', number)
    .option('--thickness <mm>', 'slice thickness and distance (default: 5)', number)
    .option('--volumes <count>', 'time points', number)
    .option('--interval <s>', 'seconds between time points', number)
    .option('--late-interval <s>', 'interval of a second, slower phase', number)
    .option('--late-from <s>', 'when the second phase begins (default: 30)', number)
    .option('--jitter <s>', 'largest random shift of a time point (default: 0)', number)
    .option('--noise <hu>', 'standard deviation of the noise, HU', number)
    .addOption(new Option('--residue <shape>', 'residue function (default: box)').choices(residueShapes))
    .option('--lesion <lesion>', 'none, or a territory and volumes, see below')
    .option(
      '--motion <mm>',
      'largest displacement of the head; it turns by up to 0.6°/mm (default: 0)',
      number,
    )
    .option(
      '--planes <count>',
      'planes a slice of a head is the mean of (default: 3 or more, up to 1.7 mm apart)',
      number,
    )
    .option(
      '--points <count>',
      'points to a side of its pixels (default: 2, 1 where they are below 0.6 mm)',
      number,
    )
    .option('--shuttle', 'two slabs scanned in turn')
    .option('--tilt <degrees>', 'gantry tilt (default: 0)', number)
    .option('--oblique <degrees>', 'image planes turned about the antero-posterior axis (default: 0)', number)
    .option('--start-time <time>', 'time of day of the first image, HH:MM:SS (default: 10:15:30)')
    .option('--one-file', 'canon: all time points in one multi-frame file')
    .option('--rescale-per-slice', 'another rescale slope and intercept for every slice')
    .option(
      '--seed <number>',
      'of noise, motion and anatomy; the same seed gives the same bytes (default: 1)',
      number,
    )
    .option('--force', 'replace dicom/ and truth/ in a folder that is not empty')
    .option('--json', 'print what was made as JSON')
    .addHelpText('after', help)
    .action(async (out: string, { force, json, ...request }: Flags) => {
      const options = drawnAsByAScanner(request)
      const { phantom, files } = await withProgress('Phantom', async (run) => {
        const made = await makePhantom(options, partOfRun(run, 0, 0.3))
        const written = await writePhantomStudy(made, out, partOfRun(run, 0.3, 1), { replace: force })
        return { phantom: made, files: written }
      })
      const lesion = lesionVolumes(phantom)
      const { coreMl, penumbraMl } = lesion
      if (json) {
        const { geometry, frames } = phantom
        printJson({ directory: out, files, frames, geometry, options, lesion })
        return
      }
      process.stdout.write(`${files} DICOM files in ${out}/dicom, their truth in ${out}/truth\n`)
      if (coreMl + penumbraMl > 0) {
        process.stdout.write(`Lesion: core ${coreMl.toFixed(1)} ml, penumbra ${penumbraMl.toFixed(1)} ml\n`)
      }
    })
}
