import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import type { BackendName } from '../../src-main/contract'
import { makePhantom, phantomOptions, writePhantomStudy } from '../../src-main/engine/phantom'
import { residentKilobytes } from './memory'
import type { BenchRow } from './row'

const times = 45
const slices = 16
const side = 512
const SAMPLE_MS = 50
const KILOBYTES_PER_GB = 1024 ** 2
/** The goals. */
const SECONDS = 30
const GIGABYTES = 3

const summarySchema = z.object({ timings: z.record(z.string(), z.number()) })

/** A head phantom as DICOM files, 377 MB; made once and kept in the temporary folder. */
async function phantomStudy(): Promise<string> {
  const folder = join(tmpdir(), `umbra-bench-head-${times}x${slices}x${side}`)
  const complete = `${folder}.complete`
  if (existsSync(complete)) return join(folder, 'dicom')
  rmSync(folder, { recursive: true, force: true })
  const options = phantomOptions({ kind: 'head', size: side, slices, volumes: times, interval: 1 })
  await writePhantomStudy(await makePhantom(options), folder)
  writeFileSync(complete, 'complete')
  return join(folder, 'dicom')
}

interface Measured {
  /** From the start of the command to its end: files read, maps written. */
  whole: number
  /** The series in memory to maps in memory. */
  prediction: number
  /** null where the system does not tell. */
  peakGigabytes: number | null
}

/** `umbra predict` on a study, as a user runs it. */
async function predictStudy(study: string, backend: BackendName): Promise<Measured> {
  const out = mkdtempSync(join(tmpdir(), 'umbra-bench-maps-'))
  try {
    const start = performance.now()
    const command = ['out/main/umbra.js', 'predict', 'perfusion-unet-small', study, '-o', out]
    const child = spawn(process.execPath, [resolve(command[0]), ...command.slice(1), '--backend', backend], {
      stdio: 'ignore',
    })
    let peak = 0
    const sampling = setInterval(() => {
      if (process.platform === 'linux' && child.pid) peak = Math.max(peak, residentKilobytes(child.pid))
    }, SAMPLE_MS)
    const code = await new Promise((ended) => child.on('error', () => ended(-1)).on('exit', ended))
    clearInterval(sampling)
    if (code !== 0) throw new Error(`umbra predict --backend ${backend} ended with ${String(code)}.`)
    const { timings } = summarySchema.parse(JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')))
    console.error(`  ${backend}: ${JSON.stringify(timings)}`)
    return {
      whole: (performance.now() - start) / 1000,
      prediction: timings.survey + timings.network,
      peakGigabytes: peak > 0 ? peak / KILOBYTES_PER_GB : null,
    }
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

/** The network that comes with Umbra on a whole study: time, and peak memory of all processes. */
export async function benchWholeStudy(backends: readonly BackendName[]): Promise<BenchRow[]> {
  const study = await phantomStudy()
  const rows: BenchRow[] = []
  for (const backend of backends) {
    const { whole, prediction, peakGigabytes } = await predictStudy(study, backend)
    const size = `${times}×${slices}×${side}×${side}`
    const limited = (name: string, ours: number, limit: number): void => {
      rows.push({ name, ours, limit, peer: null, peerName: null })
    }
    limited(`maps of ${size} by the bundled network, ${backend}, s`, prediction, SECONDS)
    limited(`the same from files to files (umbra predict), ${backend}, s`, whole, SECONDS)
    if (peakGigabytes !== null) limited(`peak memory of it, ${backend}, GB`, peakGigabytes, GIGABYTES)
  }
  return rows
}
