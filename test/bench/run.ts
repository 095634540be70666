import { cpus } from 'node:os'
import { writeFileAtomically } from '../../src-main/engine/files/atomic'
import { benchAgreement } from './agreement'
import { benchFilters } from './filters'
import { benchLoad } from './load'
import { benchMotion } from './motion'
import { benchNetworks } from './networks'
import { benchPerfusion } from './perfusion'
import { benchPipeline } from './pipeline'
import { benchTable, type BenchRow } from './row'
import { benchStrokes } from './strokes'
import { benchWindow } from './window'

const parts: Record<string, () => Promise<BenchRow[]>> = {
  load: benchLoad,
  perfusion: benchPerfusion,
  filters: benchFilters,
  window: benchWindow,
  strokes: benchStrokes,
  networks: benchNetworks,
  agreement: benchAgreement,
  motion: benchMotion,
  pipeline: benchPipeline,
}

const document = (table: string): string => `# Speed

Written by \`npm run bench -- --write\`: everything in one run on one machine (${cpus().length} × ${cpus()[0].model.trim()}, Node
${process.version}), the shortest of several tries where the work is short. "ratio" is ours divided by the peer's; "limit" is the goal, on
the ratio where there is a peer and on our own figure where there is none. Peers that are not installed are left out.

- **read**: DICOM files on disk to one 16-bit buffer, sorted and checked, files in the page cache.
- **maps**: from the series in memory to all six maps; kernels in processor time on one core.
- **window**: the npm Chromium at 1440 × 900 with seven panes, WebGL in software: no graphics processor helps.
- **strokes**: the same Chromium in the Reading room, four panes of 512 × 512 × 16 maps, a brush of 20 mm that moves once
  after each frame: the script of one movement, and of drawing what it changed on every pane, both on the window's thread; and
  from the movement to the frame after the one that drew it. A frame is 1/60 s.
- **networks**: the paper's network (31 million parameters, batch normalisation) from an array in memory to an array, or to the
  loss, by turns with Keras, graph-compiled, on the same version of libtensorflow with the same weights, images and threads; both
  must give the same maps and losses within 1e-4. The paper names no batch size; a batch of one keeps a step under 10 GB. The
  bundled network runs as \`umbra predict\`; memory is that of all its processes together.
- **agreement**: the Dice coefficient of two maps in memory, and \`umbra agree\` from files to all files of the report, with
  2000 bootstrap resamples and the consensus as NIfTI.
- **motion**: a head that moves by 3.4 mm and 2°, registered and resampled; what is left as the root mean square displacement
  within 80 mm (Jenkinson 1999), of the frame that fits worst.
- **pipeline**: \`umbra run\` on a head with an infarct, nothing kept; the head is timed from the files to the maps, the whole
  study from the files to the summary, with its steps; memory is that of all its processes, in multiples of the 4-D data.

${table}
`

/** `npm run bench [-- PART …] [--write]`; the parts are those above. */
async function main(): Promise<void> {
  const given = process.argv.slice(2)
  const wanted = given.filter((name) => name in parts)
  const rows: BenchRow[] = []
  for (const name of wanted.length > 0 ? wanted : Object.keys(parts)) {
    process.stderr.write(`${name} …\n`)
    rows.push(...(await parts[name]()))
  }
  const table = benchTable(rows)
  console.log(table)
  if (given.includes('--write')) await writeFileAtomically('docs/benchmarks.md', document(table))
}

void main()
