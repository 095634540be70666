import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pipelineRunSchema, perfusionMethods, type PipelineRun } from '../../src-main/contract'
import { makePhantom, phantomOptions, writePhantomStudy } from '../../src-main/engine/phantom'
import { residentKilobytes } from './memory'
import type { BenchRow } from './row'

const SAMPLE_MS = 100
const KILOBYTES_PER_GB = 1024 ** 2

interface Size {
  times: number
  slices: number
  side: number
}
/** The study of the goals, and the head phantom of the comparison with other programs. */
const large: Size = { times: 89, slices: 16, side: 512 }
const head: Size = { times: 45, slices: 8, side: 256 }
/** To try the bench itself: UMBRA_BENCH_SMALL=1. */
const tiny: Size = { times: 20, slices: 2, side: 128 }

/** A head with an infarct as DICOM files; made once and kept in the temporary folder. */
async function phantomStudy({ times, slices, side }: Size, motion: number): Promise<string> {
  const folder = join(tmpdir(), `umbra-bench-run-${times}x${slices}x${side}-${motion}`)
  const complete = `${folder}.complete`
  if (existsSync(complete)) return join(folder, 'dicom')
  rmSync(folder, { recursive: true, force: true })
  const options = phantomOptions({
    ...{ kind: 'head', size: side, slices, volumes: times, interval: 1.5, noise: 3, motion, seed: 1 },
    lesion: 'mca-left:22+55',
  })
  await writePhantomStudy(await makePhantom(options), folder)
  writeFileSync(complete, 'complete')
  return join(folder, 'dicom')
}

interface Measured {
  run: PipelineRun
  /** From the start of the command to its end: files read, files written. */
  seconds: number
  /** Of all its processes together; null where the system does not tell. */
  gigabytes: number | null
}

/** `umbra run` on a study, as a user runs it, with nothing kept. */
async function runStudy(study: string, ...flags: string[]): Promise<Measured> {
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
  const study = await phantomStudy(size, 0)
  const rows: BenchRow[] = []
  const dataGigabytes = (size.times * size.slices * size.side ** 2 * 2) / 1024 ** 3
  for (const [words, limit, flags] of [
    ['without motion correction', 90, ['--no-motion']],
    ['with motion correction', 180, []],
  ] as const) {
    const { run, seconds, gigabytes } = await runStudy(study, ...flags)
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

/** The head phantom from files to maps, by every method. */
async function benchHead(size: Size): Promise<BenchRow[]> {
  const still = await phantomStudy(size, 0)
  const moving = await phantomStudy(size, 3)
  const rows: BenchRow[] = []
  for (const method of perfusionMethods) {
    for (const [words, limit, study, flags] of [
      ['', 8, still, ['--no-motion']],
      [' and motion correction', 24, moving, []],
    ] as const) {
      const { run } = await runStudy(study, '--method', method, '--no-network', ...flags)
      const steps = ['recognise', 'motion', 'filter', 'inputs', 'deconvolve']
      const seconds = run.steps.reduce(
        (sum, step) => sum + (steps.includes(step.step) ? (step.seconds ?? 0) : 0),
        0,
      )
      rows.push(row(`head of ${sizeName(size)}, files to maps by ${method}${words}, s`, seconds, limit))
    }
  }
  return rows
}

/** The pipeline as `umbra run` runs it. UMBRA_BENCH_SMALL=1 tries the rows on a small study. */
export async function benchPipeline(): Promise<BenchRow[]> {
  const small = Boolean(process.env.UMBRA_BENCH_SMALL)
  return [...(await benchHead(small ? tiny : head)), ...(await benchWhole(small ? tiny : large))]
}
