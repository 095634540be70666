import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import {
  filterLabels,
  filterSettingsSchema,
  perfusionMethods,
  perfusionSettingsSchema,
  usualFilter,
  type MapName,
  type PerfusionMethod,
} from '../../src-main/contract'
import { filterSeries } from '../../src-main/engine/filters'
import { computePerfusion, type PerfusionMaps } from '../../src-main/engine/perfusion'
import { makePhantom, phantomOptions, phantomSeries, phantomTruth } from '../../src-main/engine/phantom'
import type { VolumeSeries } from '../../src-main/engine/volume'
import { agreement, type ResidueShape } from '../unit/perfusion/kudo'
import { tileSeries } from '../unit/perfusion/kudoSeries'

/** The error protocol of the tile phantom: 2 pixels dropped at tile edges, values clipped to these ranges. */
const CLIP: Record<MapName, [number, number]> = {
  cbf: [0, 150],
  cbv: [0, 10],
  mtt: [0, 30],
  ttp: [-30, 60],
  tmax: [0, 20],
  delay: [0, 10],
}
const LABELS: Record<MapName, string> = {
  cbv: 'CBV',
  cbf: 'CBF',
  mtt: 'MTT',
  delay: 'delay',
  tmax: 'Tmax',
  ttp: 'TTP',
}
const MAPS: MapName[] = ['cbv', 'cbf', 'mtt', 'delay', 'tmax']
const TILE = 16
const EDGE = 2
const MARGIN = 24
const TILE_VOLUMES = [2, 4, 5]
const TILE_NOISE = [0, 5]
/** HU, and how frames are filtered before. */
const HEADS = [
  [0, 'none'],
  [3, 'none'],
  [3, usualFilter],
  [5, usualFilter],
] as const
const SHAPES: ResidueShape[] = ['box', 'linear', 'exponential']

type Truth = Partial<Record<MapName, Float32Array>>

/** The columns of one row: share of the voxels with truth in the mask, then ME, MAE and r of each map. */
function errorColumns(result: PerfusionMaps, truth: Truth, voxels: number[], names: MapName[]): string[] {
  const inside = voxels.filter((i) => result.mask[i] === 1)
  const columns = names.map((name) => {
    const [lower, upper] = CLIP[name]
    const known = truth[name] ?? new Float32Array(0)
    const { me, mae, r } = agreement(
      inside.map((i) => Math.min(upper, Math.max(lower, result.maps[name][i]))),
      inside.map((i) => known[i]),
    )
    return `${me >= 0 ? '+' : '−'}${Math.abs(me).toFixed(2)} / ${mae.toFixed(2)} / ${r.toFixed(3)}`
  })
  return [`${((100 * inside.length) / voxels.length).toFixed(1)} %`, ...columns]
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function measure(series: VolumeSeries, method: PerfusionMethod): Promise<PerfusionMaps> {
  return computePerfusion(series, perfusionSettingsSchema.parse({ method }))
}

async function tileRows(): Promise<string[][]> {
  const rows: string[][] = []
  for (const shape of SHAPES) {
    for (const noise of TILE_NOISE) {
      const { series, truth } = tileSeries({ shape, noise, volumes: TILE_VOLUMES, tile: TILE })
      const width = series.geometry.size[0]
      const inner = (position: number): boolean => {
        const within = (position - MARGIN) % TILE
        return within >= EDGE && within < TILE - EDGE
      }
      const voxels = Array.from(truth.cbv.keys()).filter(
        (i) => truth.cbv[i] > 0 && inner(i % width) && inner(Math.floor(i / width) % width),
      )
      for (const method of perfusionMethods) {
        // A residue that jumps to its maximum and falls at once is highest at the delay; a box in its middle.
        const half = method === 'bennink' || shape === 'box' ? 0.5 : 0
        const tmax = truth.delay.map((delay, i) => delay + half * truth.mtt[i])
        const result = await measure(series, method)
        rows.push([shape, String(noise), method, ...errorColumns(result, { ...truth, tmax }, voxels, MAPS)])
        process.stderr.write(`${rows[rows.length - 1].join('  ')}\n`)
      }
    }
  }
  return rows
}

async function headRows(names: MapName[]): Promise<string[][]> {
  const rows: string[][] = []
  for (const [noise, filter] of HEADS) {
    const phantom = await makePhantom(
      phantomOptions({ kind: 'head', size: 256, slices: 8, volumes: 45, noise }),
    )
    const series = await filterSeries(
      await phantomSeries(phantom),
      filterSettingsSchema.parse({ method: filter }),
    )
    const { maps, mask } = phantomTruth(phantom)
    const voxels = Array.from(mask.keys()).filter((i) => mask[i] === 1)
    for (const method of perfusionMethods) {
      const result = await measure(series, method)
      rows.push([String(noise), filterLabels[filter], method, ...errorColumns(result, maps, voxels, names)])
      process.stderr.write(`${rows[rows.length - 1].join('  ')}\n`)
    }
  }
  return rows
}

async function main(): Promise<void> {
  const names: MapName[] = [...MAPS, 'ttp']
  const tiles = await tileRows()
  const head = await headRows(names)
  const page = `# How right the maps are

Measured by \`npm run accuracy\`, which writes this page. Every cell is mean error / mean absolute error / Pearson r
against the known truth, over the voxels that have one and lie in the mask (their share is the column "in mask").
CBV in ml/100 g, CBF in ml/100 g/min, times in seconds. All settings at their defaults; brain, artery and vein are
found automatically.

## Tile phantom (Kudo et al., Radiology 2013;267:201)

7 × 7 tiles of ${TILE} × ${TILE} pixels: MTT 24 to 3.43 s by column, delay 0 to 3 s by row, CBV ${TILE_VOLUMES.join(', ')} ml/100 g by slice; 30
frames, 2 s apart. ${EDGE} pixels are dropped at tile edges, values are clipped (CBF 0–150, CBV 0–10, MTT 0–30, delay
0–10, Tmax 0–20). Noise is the standard deviation in a voxel, HU, normal and independent. The true Tmax is delay +
MTT/2 for the box regression, which defines it so, and for a box residue; for the other methods and residues it is the
delay, where the residue is highest.

${table(['residue', 'noise', 'method', 'in mask', ...MAPS.map((name) => LABELS[name])], tiles)}

Textbook implementations reach on this grid, without noise: box residue, box regression CBV 0.01, CBF 7.2 (r 0.863), MTT
0.43 s (r 0.998), delay 0.21 s; cSVD CBF 4.4 (r 0.975), MTT 1.11 s; sSVD 7.6, 1.44 s; oSVD 19.1, 4.66 s. Exponential
residue, box regression CBF 19.8 (r 0.993), MTT 5.84 s (r 0.997); cSVD CBF 10.9, MTT 2.26 s. Ours are closer to the truth
in every figure but one, a tie: cSVD's CBF for the exponential residue, 10.97. A residue that falls at once loses its tip
with the components below the threshold (10 % of the largest), whoever computes it. A convolution matrix that smooths the
arterial input divides the rest by less and gives some of it back, and costs as much elsewhere: with Simpson's weights
CBF errs by 10.2 for the exponential residue and by 4.8 (instead of 3.4) for the box.

The box regression takes its curves unsmoothed. With [¼ ½ ¼] over time (\`--smooth-in-time\`), as in Bennink's program,
CBF of the box residue at 5 HU errs by 4.6 instead of 3.4: noise that is independent from frame to frame is weighted right
by plain least squares.

## Head phantom

256 × 256 × 8 voxels, 45 frames 1 s apart, box residue, an infarct of the left middle cerebral artery, as
\`umbra phantom --planes 1 --points 1\` makes it. Noise in HU; frames as \`umbra maps\` takes them, or filtered as \`umbra run\` does. Truth is known in grey and white matter free of vessels. TTP counts
from the arrival of the bolus in the artery.

${table(['noise', 'filter', 'method', 'in mask', ...names.map((name) => LABELS[name])], head)}
`
  writeFileSync(resolve('docs/perfusion-accuracy.md'), page)
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
