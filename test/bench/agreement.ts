import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Geometry } from '../../src-main/contract'
import { countVoxels, overlapOf } from '../../src-main/engine/agreement'
import { agree, checkedDefinition, parseLabels, writeReport } from '../../src-main/engine/concordance'
import { writeNifti } from '../../src-main/engine/volume'
import type { BenchRow } from './row'

const CASES = 115
const RATERS = ['GT', 'Rater1', 'Rater2']
const NORMAL_EVERY = 12
const REPEATS = 15

const geometry: Geometry = {
  size: [512, 512, 16],
  spacing: [0.45, 0.45, 8],
  origin: [-115, -115, 0],
  direction: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  frameOfReference: '',
}

/** A lesion as a hand draws it: an ellipsoid with a wavy edge, its core 1 and what lies around it 2. */
function lesion(number: number, rater: number): Uint8Array {
  const [nx, ny, nz] = geometry.size
  const voxels = new Uint8Array(nx * ny * nz)
  if (number % NORMAL_EVERY === 5) return voxels
  const vary = (place: number): number => Math.sin(12.9898 * (number + 1) + 78.233 * place) / 2 + 0.5
  const wobble = (place: number): number => Math.sin(3.7 * number + 5.1 * rater + 1.3 * place)
  const [cx, cy, cz] = [150 + 210 * vary(1) + 2 * wobble(1), 150 + 210 * vary(2), 4 + 7 * vary(3)]
  const core = (15 + 40 * vary(4)) * (1 + 0.05 * wobble(2))
  const whole = core * (1.3 + 0.5 * vary(5)) * (1 + 0.05 * wobble(3))
  for (let z = 0; z < nz; z++) {
    const flat = 1 - ((z - cz) * 0.16) ** 2
    if (flat <= 0) continue
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++) {
        const [dx, dy] = [x - cx, y - cy]
        if (dx * dx + dy * dy > whole * whole * 1.4) continue
        const angle = Math.atan2(dy, dx)
        const edge =
          (1 + 0.06 * Math.sin(3 * angle + wobble(4)) + 0.05 * Math.sin(5 * angle + 2 * wobble(5))) ** 2
        const square = (dx * dx + dy * dy) / (edge * flat)
        if (square < whole * whole) voxels[(z * ny + y) * nx + x] = square < core * core ? 1 : 2
      }
    }
  }
  return voxels
}

async function drawAll(folder: string): Promise<void> {
  for (const [r, rater] of RATERS.entries()) {
    await mkdir(join(folder, rater))
    for (let number = 0; number < CASES; number++) {
      await writeNifti(join(folder, rater, `case-${number}.nii.gz`), geometry, lesion(number, r))
    }
  }
}

/** Seconds of the clock and of all processors, from the folders to every file of the report. */
async function reportSeconds(folder: string): Promise<{ wall: number; processor: number }> {
  const definition = checkedDefinition({
    title: 'Bench',
    readings: [...RATERS.slice(1), RATERS[0]].map((name) => ({
      name,
      rater: name,
      source: '',
      directory: join(folder, name),
    })),
    hasReference: true,
    structures: parseLabels('1=core,2=penumbra'),
    resamples: 2000,
    seed: 1,
  })
  const [before, started] = [process.cpuUsage(), performance.now()]
  await writeReport(await agree(definition), join(folder, 'report'))
  const { user, system } = process.cpuUsage(before)
  return { wall: (performance.now() - started) / 1000, processor: (user + system) / 1e6 }
}

/** Milliseconds of the processor for the Dice coefficient of two maps, the least of several tries. */
function diceMilliseconds(first: Uint8Array, second: Uint8Array): { dice: number | null; ours: number } {
  let [dice, ours]: [number | null, number] = [null, Infinity]
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const before = process.cpuUsage()
    dice = overlapOf(countVoxels(first, second)).dice
    const { user, system } = process.cpuUsage(before)
    ours = Math.min(ours, (user + system) / 1000)
  }
  return { dice, ours }
}

/** The same by numpy; null where it is not installed. Throws where it gives another value. */
function numpyMilliseconds(
  folder: string,
  first: Uint8Array,
  second: Uint8Array,
  dice: number,
): number | null {
  writeFileSync(join(folder, 'first'), first)
  writeFileSync(join(folder, 'second'), second)
  const program = `
import time, numpy as np
a, b = (np.fromfile(n, np.uint8) != 0 for n in ('first', 'second'))
best = 1e9
for _ in range(${REPEATS}):
    t = time.process_time()
    d = 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))
    best = min(best, time.process_time() - t)
print(best * 1000, d)`
  const done = spawnSync('python3', ['-c', program], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (done.status !== 0) return null
  const [milliseconds, its] = done.stdout.trim().split(' ').map(Number)
  if (Math.abs(its - dice) > 1e-12) throw new Error(`numpy gives a Dice of ${its}, we ${dice}`)
  return milliseconds
}

/** The agreement of raters: the Dice coefficient of two maps, and a whole report from files to files. */
export async function benchAgreement(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'umbra-bench-agreement-'))
  try {
    const [first, second] = [lesion(3, 0), lesion(3, 1)]
    const { dice, ours } = diceMilliseconds(first, second)
    const peer = numpyMilliseconds(folder, first, second, dice ?? NaN)
    await drawAll(folder)
    const { wall, processor } = await reportSeconds(folder)
    const size = geometry.size.join(' × ')
    return [
      {
        name: `agreement: Dice of two maps ${size}, ms of processor`,
        ours,
        peer: null,
        peerName: null,
        limit: 10,
      },
      ...(peer === null
        ? []
        : [{ name: 'agreement: the same', ours, peer, peerName: 'numpy on boolean arrays', limit: null }]),
      {
        name: `agreement: report of ${CASES} cases × ${RATERS.length} raters ${size}, s`,
        ours: wall,
        peer: null,
        peerName: null,
        limit: 20,
      },
      {
        name: 'agreement: the same, s of all processors',
        ours: processor,
        peer: null,
        peerName: null,
        limit: null,
      },
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
