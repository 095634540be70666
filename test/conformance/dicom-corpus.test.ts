import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { UmbraError, type SeriesSummary } from '@contract'
import { buildCatalogue, type SeriesPlan } from '../../src-main/engine/dicom/catalogue'
import { loadSeries } from '../../src-main/engine/dicom/load'
import { openReaderPool, type ReaderPool } from '../../src-main/engine/dicom/reader-pool'
import { scanHeaders } from '../../src-main/engine/dicom/scan'
import { transferSyntaxes } from '../../src-main/engine/dicom/transfer-syntax'
import { openStudy } from '../../src-main/engine/dicom'
import { frameOf, type VolumeSeries } from '../../src-main/engine/volume'

const corpus = resolve(__dirname, '../../../shared/data/dicom')
const packages = 'import pydicom, numpy, pylibjpeg, libjpeg, openjpeg, jpeg_ls'
const hasPydicom = spawnSync('python3', ['-c', packages]).status === 0

interface Reference {
  file: string
  image?: boolean
  frames?: number
  error?: string
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesUnder(path) : [path]
  })
}

async function pydicomReads(files: string[], directory: string): Promise<Reference[]> {
  const child = spawn('python3', [join(__dirname, 'dicom_reference.py'), directory])
  let output = ''
  child.stdout.on('data', (part: Buffer) => (output += part.toString()))
  child.stdin.end(files.join('\n') + '\n')
  await new Promise((done) => child.on('close', done))
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Reference)
}

/** Largest difference of any voxel from pydicom's value, each frame found by its number in the file. */
function largestDifference(series: VolumeSeries, plan: SeriesPlan, expected: Float64Array): number {
  const { arrangement } = plan
  if (!arrangement) throw new Error('not arranged')
  const [nx, ny, nz] = series.geometry.size
  const pixels = nx * ny
  let largest = 0
  for (let frame = 0; frame < series.frames; frame++) {
    const voxels = frameOf(series, frame)
    for (let z = 0; z < nz; z++) {
      const cell = arrangement.cells[frame * nz + z]
      if (!cell) continue
      for (let i = 0; i < pixels; i++) {
        const value = voxels[z * pixels + i] * series.slope + series.intercept
        const truth = expected[cell.index * pixels + i]
        const difference = Math.abs(value - truth)
        // Float32 keeps seven digits; NaN beside NaN is equal.
        const allowed = voxels instanceof Float32Array ? 2e-7 * Math.abs(truth) : 1e-9 * Math.abs(truth)
        if (!(difference <= allowed) && !(Number.isNaN(value) && Number.isNaN(truth))) {
          largest = Math.max(largest, Number.isNaN(difference) ? Infinity : difference)
        }
      }
    }
  }
  return largest
}

describe.skipIf(!existsSync(corpus))('every file of the corpus', () => {
  const files = existsSync(corpus) ? filesUnder(corpus) : []
  const directory = mkdtempSync(join(tmpdir(), 'umbra-reference-'))
  let pool: ReaderPool
  let references: Promise<Reference[]>

  beforeAll(() => {
    pool = openReaderPool(1)
    references = hasPydicom ? pydicomReads(files, directory) : Promise.resolve([])
  })
  afterAll(async () => {
    await pool.close()
    rmSync(directory, { recursive: true, force: true })
  })

  it('is read in under 2 s and 300 MB, or refused with its name and the reason', async () => {
    const slow: string[] = []
    const nameless: string[] = []
    const before = process.memoryUsage().rss
    let peak = before
    for (const path of files) {
      const name = relative(corpus, path)
      const start = performance.now()
      const { skipped, plans } = await openOne(pool, path)
      for (const plan of plans) {
        try {
          await loadSeries(plan, pool, {})
        } catch (thrown) {
          if (!(thrown instanceof UmbraError) || !thrown.message) nameless.push(`${name}: ${String(thrown)}`)
        }
      }
      if (performance.now() - start > 2000) slow.push(name)
      if (plans.length === 0 && skipped.every(({ reason }) => reason.length < 8)) nameless.push(name)
      peak = Math.max(peak, process.memoryUsage().rss)
    }
    expect(slow).toEqual([])
    expect(nameless).toEqual([])
    expect((peak - before) / 2 ** 20).toBeLessThan(300)
  }, 180_000)

  it.skipIf(!hasPydicom)(
    'has the pixels pydicom reads, bit for bit where the compression is lossless',
    async () => {
      const different: string[] = []
      const refused: string[] = []
      let compared = 0
      for (const [number, reference] of (await references).entries()) {
        const name = relative(corpus, reference.file)
        const { plans } = await openOne(pool, reference.file)
        for (const plan of plans) {
          const series = await loadSeries(plan, pool, {}).catch(() => null)
          if (!series) continue
          if (!reference.image) continue
          const bytes = readFileSync(join(directory, `${number}.bin`))
          const expected = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8)
          const lossy =
            lossyInside.has(name) || plan.summary.transferSyntaxes.some((uid) => lossyJpeg.has(uid))
          const difference = largestDifference(series, plan, expected)
          // Decoders of lossy JPEG may round the inverse cosine transform differently.
          if (difference > (lossy ? 1 : 0)) different.push(`${name}: ${difference}`)
          compared++
        }
        if (plans.length === 0 && reference.image) refused.push(name)
      }
      expect(different).toEqual([])
      expect(refused).toEqual([])
      expect(compared).toBeGreaterThan(400)
    },
    180_000,
  )
})

describe.skipIf(!existsSync(corpus))('the series of the corpus', () => {
  const seriesIn = async (folder: string): Promise<SeriesSummary[]> => {
    const study = await openStudy([join(corpus, folder)])
    await study.close()
    expect(study.catalogue.filesShown + study.catalogue.skipped.length).toBe(study.catalogue.filesFound)
    return study.catalogue.studies.flatMap(({ series }) => series)
  }
  const everySecondAndAHalf = (count: number): number[] => Array.from({ length: count }, (_, i) => 1.5 * i)

  it.each([
    ['made/ctp-ok-20x4', 20, [48, 48, 4]],
    ['made/ctp-duplicate-instance', 6, [48, 48, 4]],
    ['made/ctp-gantry-tilt', 4, [48, 48, 4]],
    ['made/ctp-only-times', 8, [48, 48, 4]],
    ['made/ctp-midnight', 12, [48, 48, 2]],
  ])('%s is a perfusion series of %i time points', async (folder, timePoints, size) => {
    const series = await seriesIn(folder)
    expect(series).toHaveLength(1)
    expect(series[0]).toMatchObject({ kind: 'ct-perfusion', timePoints, size })
    series[0].times.forEach((time, index) =>
      expect(time).toBeCloseTo(everySecondAndAHalf(timePoints)[index], 6),
    )
  })

  it('made/ctp-mixed-matrix is split by size', async () => {
    const series = await seriesIn('made/ctp-mixed-matrix')
    expect(series.map(({ kind, size, timePoints }) => [kind, size, timePoints])).toEqual([
      ['ct-perfusion', [48, 48, 4], 5],
      ['volume', [40, 40, 4], 1],
    ])
  })

  it('made/ctp-no-time-info is not given times', async () => {
    const series = await seriesIn('made/ctp-no-time-info')
    expect(series).toMatchObject([{ kind: 'other', times: [], timePoints: 1 }])
    expect(series[0].warnings.join()).toContain('No time information')
  })

  it('made/ctp-two-patients-one-series is split by patient', async () => {
    const series = await seriesIn('made/ctp-two-patients-one-series')
    expect(series).toHaveLength(2)
    for (const { warnings } of series) expect(warnings.join()).toContain('several patients')
  })

  it('the GE functional MRI is 4-D by its repetition time, and no perfusion source', async () => {
    const [series] = await seriesIn('real-mr-4d-ge-fmri')
    expect(series).toMatchObject({ kind: 'volume', timePoints: 10, size: [64, 64, 15], files: 150 })
    expect(series.times).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40, 45])
    expect(series.reason).toContain('functional MRI')
  })

  it('the GE head CT keeps its tilt and says that its slices are uneven', async () => {
    const [series] = await seriesIn('real-ct-ge')
    expect(series).toMatchObject({ kind: 'volume', timePoints: 1, size: [512, 512, 28] })
    expect(series.warnings.join()).toMatch(/not evenly spaced.*18\.5° \(gantry tilt\)/)
  })

  it('the Siemens mosaic becomes 5 slices', async () => {
    const [series] = await seriesIn('real-mr-mosaic-siemens')
    expect(series).toMatchObject({ size: [72, 72, 5], spacing: [3, 3, 12], timePoints: 2 })
  })
})

const lossyJpeg = new Set<string>([transferSyntaxes.jpegBaseline, transferSyntaxes.jpegExtended])

/** Named JPEG Lossless, but its codestream is baseline JPEG. */
const lossyInside = new Set(['dcmjs/sample-op.dcm'])

async function openOne(
  pool: ReaderPool,
  path: string,
): Promise<{ skipped: { reason: string }[]; plans: SeriesPlan[] }> {
  const scan = await scanHeaders([{ name: relative(corpus, path), path }], pool, {})
  const skipped = [
    ...scan.skipped,
    ...scan.archives.map(({ name }) => ({ file: name, reason: 'An archive.' })),
  ]
  const { catalogue, plans } = buildCatalogue(scan.instances, skipped)
  expect(catalogue.filesShown + catalogue.skipped.length).toBe(1)
  return { skipped: catalogue.skipped, plans: [...plans.values()] }
}
