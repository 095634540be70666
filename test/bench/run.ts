import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { writeFileAtomically } from '../../src-main/engine/files/atomic'
import { benchAgreement } from './agreement'
import { benchDocument, type BenchSection } from './document'
import { benchFilters } from './filters'
import { benchLoad } from './load'
import { benchMotion } from './motion'
import { benchNetworks } from './networks'
import { benchPerfusion } from './perfusion'
import { benchPipeline } from './pipeline'
import { benchTable, type BenchRow } from './row'
import { benchScaling } from './scaling'
import { benchStrokes } from './strokes'
import { benchWindow } from './window'

interface BenchPart extends BenchSection {
  measure: () => Promise<BenchRow[]>
}

const parts: Record<string, BenchPart> = {
  load: {
    title: 'Reading',
    text: 'DICOM files on disk to one 16-bit buffer, sorted and checked, files in the page cache.',
    measure: benchLoad,
  },
  perfusion: {
    title: 'Maps',
    text: 'From the series in memory to all six maps; kernels in processor time on one core.',
    measure: benchPerfusion,
  },
  scaling: {
    title: 'Two workers',
    text: `From arrays in memory to arrays, on pools whose workers have done the same work before; one worker and two by turns,
elapsed time. Two workers 1.8 times as fast as one are a ratio of 0.556. Motion correction, which looks for the courses of
contrast on no worker in between, has no limit.`,
    measure: benchScaling,
  },
  filters: {
    title: 'Filters',
    text: 'A series in memory, all cores. ITK’s neighbourhood reaches 2.5 standard deviations, so does ours beside it.',
    measure: benchFilters,
  },
  motion: {
    title: 'Motion',
    text: `A head that moves by 3.4 mm and 2°, registered and resampled; what is left as the root mean square displacement within
80 mm (Jenkinson 1999), of the frame that fits worst.`,
    measure: benchMotion,
  },
  pipeline: {
    title: 'One run',
    text: `\`umbra run\` on a head with an infarct and 3 HU of noise, nothing kept. The small head is timed from the files to the
maps; its maps are compared with the truth over all tissue free of vessels, the artery found automatically: 1 − r is 0 where
they are the same, and the limit is the best that the public tool PyPeT reached with any method on noisy phantoms of this size.
The whole study is timed from the files to the summary, with its steps; its head lies still or moves by 3 mm and 2°. Memory is
that of all processes, in multiples of the 4-D data.`,
    measure: benchPipeline,
  },
  window: {
    title: 'Window',
    text: 'The npm Chromium at 1440 × 900 with seven panes, WebGL in software: no graphics processor helps.',
    measure: benchWindow,
  },
  strokes: {
    title: 'Brush strokes',
    text: `The same Chromium in the Reading room, four panes of 512 × 512 × 16 maps, a brush of 20 mm that moves once after each
frame: the script of one movement, and of drawing what it changed on every pane, both on the window’s thread; and from the
movement to the frame after the one that drew it. A frame is 1/60 s.`,
    measure: benchStrokes,
  },
  networks: {
    title: 'Networks',
    text: `The paper’s network (31 million parameters, batch normalisation) from an array in memory to an array, or to the loss, by
turns with Keras, graph-compiled, on the same version of libtensorflow with the same weights, images and threads; both must give
the same maps and losses within 1e-4. The paper names no batch size; a batch of one keeps a step under 10 GB. The bundled network
runs as \`umbra predict\`; memory is that of all its processes together.`,
    measure: benchNetworks,
  },
  agreement: {
    title: 'Agreement',
    text: `The Dice coefficient of two maps in memory, and \`umbra agree\` from files to all files of the report, with 2000 bootstrap
resamples and the consensus as NIfTI.`,
    measure: benchAgreement,
  },
}

/** Takes one part into the document, each by itself: what was measured stays where a later part fails. */
async function write(name: string, rows: BenchRow[]): Promise<void> {
  const path = resolve('docs/benchmarks.md')
  const before = existsSync(path) ? readFileSync(path, 'utf8') : ''
  await writeFileAtomically(path, await benchDocument(before, parts, { [name]: rows }, path))
}

/** `npm run bench [-- PART …] [--write]`; the parts are those above. */
async function main(): Promise<void> {
  const given = process.argv.slice(2)
  const wanted = given.filter((name) => name in parts)
  for (const name of wanted.length > 0 ? wanted : Object.keys(parts)) {
    process.stderr.write(`${name} …\n`)
    try {
      const rows = await parts[name].measure()
      console.log(benchTable(rows))
      if (given.includes('--write')) await write(name, rows)
    } catch (error) {
      console.error(`${name} could not be measured:`, error)
      process.exitCode = 1
    }
  }
}

void main()
