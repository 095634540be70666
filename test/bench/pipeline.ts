import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pipelineRunSchema, perfusionMethods, type PipelineRun } from '../../src-main/contract'
import { makePhantom, phantomOptions, writePhantomStudy } from '../../src-main/engine/phantom'
import { readNifti } from '../../src-main/engine/volume'
import { residentKilobytes } from './memory'
import type { BenchRow } from './row'

const SAMPLE_MS = 100
const KILOBYTES_PER_GB = 1024 ** 2
/** mm; the head turns by 2° with it. */
const MOTION = 3

interface Size {
  times: number
  slices: number
  side: number
  /** ml of core and penumbra. */
  lesion: string
}
/** The study of the goals, and the head phantom of the comparison with other programs. */
const large: Size = { times: 89, slices: 16, side: 512, lesion: '22+55' }
const head: Size = { times: 45, slices: 8, side: 256, lesion: '22+55' }
/** To try the bench itself: UMBRA_BENCH_SMALL=1. */
const tiny: Size = { times: 20, slices: 2, side: 128, lesion: '4+8' }

/** A head with an infarct as DICOM files; made once and kept in the temporary folder. */
async function phantomStudy({ times, slices, side, lesion }: Size, motion: number): Promise<string> {
  const folder = join(tmpdir(), `umbra-bench-run-${times}x${slices}x${side}-${motion}`)
  const complete = `${folder}.complete`
  if (existsSync(complete)) return join(folder, 'dicom')
  rmSync(folder, { recursive: true, force: true })
  const options = phantomOptions({
    ...{ kind: 'head', size: side, slices, volumes: times, interval: 1.5, noise: 3, motion, seed: 1 },
    lesion: `mca-left:${lesion}`,
  })
  await writePhantomStudy(await makePhantom(options), folder)
  writeFileSync(complete, 'complete')
  return join(folder, 'dicom')
}

/** The highest correlation with the truth, voxel by voxel, that PyPeT reached with any of its methods. */
const PYPET = { cbf: 0.84, cbv: 0.74, mtt: 0.59, delay: 0.81 } as const

interface Measured {
  run: PipelineRun
  /** From the start of the command to its end: files read, files written. */
  seconds: number
  /** Of all its processes together; null where the system does not tell. */
  gigabytes: number | null
}

/** `umbra run` on a study, as a user runs it, with nothing kept; `look` sees the files before they are removed. */
async function runStudy(
  study: string,
  flags: readonly string[],
  look: (out: string) => Promise<void> = () => Promise.resolve(),
): Promise<Measured> {
  const out = mkdtempSync(join(tmpdir(), 'umbra-bench-run-'))
  try {
    const command = [resolve('out/main/umbra.js'), 'run', study, '-o', out, '--no-cache', ...flags]
    const start = performance.now()
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'ignore', 'inherit'] })
    let peak = 0
    const sampling = setInterval(() => {
      if (process.platform === 'linux' && child.pid) peak = Math.max(peak, residentKilobytes(child.pid))
    }, SAMPLE_MS)
    const code = await new Promise((ended) => child.on('error', () => ended(-1)).on('exit', ended))
    const seconds = (performance.now() - start) / 1000
    clearInterval(sampling)
    if (code !== 0) throw new Error(`umbra run ended with ${String(code)}.`)
    await look(out)
    const run = pipelineRunSchema.parse(JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')))
    return { run, seconds, gigabytes: peak > 0 ? peak / KILOBYTES_PER_GB : null }
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

const row = (name: string, ours: number, limit: number | null): BenchRow => ({
  name,
  ours,
  limit,
  peer: null,
  peerName: null,
})

const sizeName = ({ times, slices, side }: Size): string => `${times}×${slices}×${side}×${side}`

/** A whole study from files to summary: limits with and without motion correction, each step, peak memory. */
async function benchWhole(size: Size): Promise<BenchRow[]> {
  const still = await phantomStudy(size, 0)
  const moving = await phantomStudy(size, MOTION)
  const rows: BenchRow[] = []
  const dataGigabytes = (size.times * size.slices * size.side ** 2 * 2) / 1024 ** 3
  for (const [words, limit, study, flags] of [
    ['without filter and motion correction', 90, still, ['--no-motion', '--filter', 'none']],
    [
      'with the bilateral filter, without motion correction',
      90,
      still,
      ['--no-motion', '--filter', 'bilateral'],
    ],
    [
      'with the filter guided by time, without motion correction',
      90,
      still,
      ['--no-motion', '--filter', 'tips'],
    ],
    ['still, with motion correction, without filter', 180, still, ['--filter', 'none']],
    ['moving, with motion correction, without filter', 180, moving, ['--filter', 'none']],
    ['moving, with motion correction and bilateral filter', 180, moving, ['--filter', 'bilateral']],
    ['moving, with motion correction and filter guided by time', 180, moving, ['--filter', 'tips']],
  ] as const) {
    process.stderr.write(`  ${words} …\n`)
    const { run, seconds, gigabytes } = await runStudy(study, flags)
    rows.push(row(`run of ${sizeName(size)}, files to summary, ${words}, s`, seconds, limit))
    if (gigabytes !== null) {
      rows.push(row(`peak memory of it, of the 4-D data, ${words}, times`, gigabytes / dataGigabytes, 3))
    }
    for (const { label, seconds: took } of run.steps) {
      if (took !== null) rows.push(row(`its step ${label.toLowerCase()}, ${words}, s`, took, null))
    }
  }
  return rows
}

/** Correlation of a map with the truth, voxel by voxel over the brain of both. */
async function correlationWithTruth(out: string, truth: string, map: string): Promise<number> {
  const [ours, theirs, mask, brain] = await Promise.all(
    [join(out, map), join(truth, map), join(out, 'mask'), join(truth, 'mask')].map(
      async (path) => (await readNifti(`${path}.nii.gz`)).voxels,
    ),
  )
  let [n, sumX, sumY, xx, yy, xy] = [0, 0, 0, 0, 0, 0]
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0 || brain[i] === 0) continue
    const [x, y] = [ours[i], theirs[i]]
    n++
    sumX += x
    sumY += y
    xx += x * x
    yy += y * y
    xy += x * y
  }
  return (xy - (sumX * sumY) / n) / Math.sqrt((xx - sumX ** 2 / n) * (yy - sumY ** 2 / n))
}

/** The head phantom from files to maps, by every method: how long, and how far from the truth. */
async function benchHead(size: Size): Promise<BenchRow[]> {
  const still = await phantomStudy(size, 0)
  const moving = await phantomStudy(size, MOTION)
  const rows: BenchRow[] = []
  for (const method of perfusionMethods) {
    for (const [words, limit, study, flags] of [
      ['', 8, still, ['--no-motion']],
      [' and motion correction', 24, moving, []],
    ] as const) {
      const apart: BenchRow[] = []
      const { run } = await runStudy(study, ['--method', method, '--no-network', ...flags], async (out) => {
        for (const [map, best] of Object.entries(PYPET)) {
          const r = await correlationWithTruth(out, join(study, '../truth'), map)
          apart.push(row(`its ${map.toUpperCase()} by ${method}${words}, 1 − r`, 1 - r, 1 - best))
        }
      })
      const steps = ['recognise', 'motion', 'filter', 'inputs', 'deconvolve']
      const seconds = run.steps.reduce(
        (sum, step) => sum + (steps.includes(step.step) ? (step.seconds ?? 0) : 0),
        0,
      )
      rows.push(row(`head of ${sizeName(size)}, files to maps by ${method}${words}, s`, seconds, limit))
      rows.push(...apart)
    }
  }
  return rows
}

/** The pipeline as `umbra run` runs it. UMBRA_BENCH_SMALL=1 tries the rows on a small study. */
export async function benchPipeline(): Promise<BenchRow[]> {
  const small = Boolean(process.env.UMBRA_BENCH_SMALL)
  return [...(await benchHead(small ? tiny : head)), ...(await benchWhole(small ? tiny : large))]
}
