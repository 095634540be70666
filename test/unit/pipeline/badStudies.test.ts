import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { PipelineRun, QualityCheck, QualityLine, TissueAtRisk, Warning } from '@contract'
import { command } from '../../../src-main/cli/commands/run'
import { runProgram, umbraProgram } from '../../../src-main/cli/program'
import { makePhantom, phantomOptions, writePhantomStudy } from '../../../src-main/engine/phantom'
import {
  pixelsOf,
  readStudy,
  withPixels,
  withText,
  withoutText,
  writeStudy,
  type ImageFile,
} from './alteredStudy'

interface Summary {
  tissueAtRisk: TissueAtRisk
  quality: QualityLine[]
  warnings: Warning[]
  error: { code: string; message: string; hint?: string }
}

/** What a study of files on disk is made of, and what `umbra run` must say of it. */
interface BadStudy {
  name: string
  images: () => ImageFile[]
  /** No maps: the code of the failure, and the check that is red, if it was judged. */
  fails?: { code: string; check?: QualityCheck; words: RegExp }
  /** Maps, but not to be relied on: the checks that are red. */
  red?: QualityCheck[]
  amber?: QualityCheck[]
  words?: RegExp
  long?: boolean
}

let scratch: string
let study: ImageFile[]
let columns: number
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'umbra-bad-'))
  const options = phantomOptions({
    size: 64,
    slices: 4,
    thickness: 10,
    volumes: 40,
    interval: 1.2,
    noise: 3,
    seed: 3,
  })
  await writePhantomStudy(await makePhantom(options), join(scratch, 'phantom'))
  study = await readStudy(join(scratch, 'phantom', 'dicom'))
  columns = Math.sqrt(pixelsOf(study[0]).length)
}, 120_000)
afterAll(() => rm(scratch, { recursive: true, force: true }))
afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
})

const frames = (keep: (frame: number) => boolean): ImageFile[] => study.filter(({ frame }) => keep(frame))
const each = (change: (value: number, x: number, y: number) => number): ImageFile[] =>
  study.map((image) => withPixels(image, change))
const imageAt = (frame: number, slice: number): ImageFile =>
  study.find((image) => image.frame === frame && image.slice === slice) as ImageFile
/** Pixels of one image with the header of another. */
const filledWith = (image: ImageFile, source: ImageFile): ImageFile => {
  const pixels = pixelsOf(source)
  return withPixels(image, (_, _x, _y, i) => pixels[i])
}
const times = ['x00080032', 'x00080033', 'x00080031', 'x00200012']

const bad: BadStudy[] = [
  {
    name: 'no contrast',
    images: () => study.map((image) => filledWith(image, imageAt(image.frame % 4, image.slice))),
    fails: { code: 'no-contrast', check: 'bolus', words: /No contrast arrives/ },
  },
  {
    name: 'a bolus that had passed before the first image',
    images: () => frames((frame) => frame >= 13),
    fails: { code: 'bolus-missed', check: 'bolus', words: /had passed before the first image/ },
  },
  {
    name: 'contrast in the last images only',
    images: () => frames((frame) => frame < 12),
    red: ['truncation'],
    words: /Only \d s were scanned after the bolus arrived/,
  },
  {
    name: 'five time points',
    images: () => frames((frame) => frame < 5),
    fails: { code: 'too-few-time-points', check: 'timing', words: /5 time points; maps need at least 10/ },
  },
  {
    name: 'two patients in one folder',
    images: () => [
      ...study,
      ...study.map((image) => ({
        ...withText(withText(image, 'x00100020', 'SOMEONE'), 'x00100010', 'OTHER^A'),
        name: `other-${image.name}`,
      })),
    ],
    fails: { code: 'several-patients', words: /of 2 patients/ },
  },
  {
    name: 'a single scan without contrast',
    images: () => frames((frame) => frame === 0),
    fails: { code: 'no-perfusion-series', words: /not scanned repeatedly/ },
  },
  {
    name: 'no times of any kind',
    images: () => study.map((image) => times.reduce((before, tag) => withoutText(before, tag), image)),
    fails: { code: 'no-perfusion-series', words: /orders them in time/ },
  },
  {
    name: 'values that are no Hounsfield units',
    images: () => study.map((image) => withText(image, 'x00281052', '0')),
    fails: { code: 'not-hounsfield', check: 'missingData', words: /no Hounsfield units/ },
  },
  {
    name: 'twenty time points',
    images: () => frames((frame) => frame < 20),
    red: ['truncation'],
    amber: ['timing'],
    words: /Only 1\d s were scanned after the bolus arrived/,
  },
  {
    name: 'no size of a pixel',
    images: () => study.map((image) => withoutText(image, 'x00280030')),
    red: ['missingData'],
    words: /Pixel Spacing .* is missing/,
    long: true,
  },
  {
    name: 'a bolus cut off at the top',
    images: () => each((value) => Math.min(value, 110)),
    red: ['clipping'],
    words: /cut off at the top/,
    long: true,
  },
  {
    name: 'half a brain',
    images: () => each((value, x) => (x < columns / 2 ? -1000 : value)),
    red: ['coverage'],
    words: /one hemisphere is missing/,
  },
  {
    name: 'a file that was cut short while it was copied',
    images: () =>
      study.map((image, i) => (i === 70 ? { ...image, bytes: image.bytes.subarray(0, 2000) } : image)),
    amber: ['missingData'],
    words: /1 of 160 files? was left out\. .*: /,
  },
  {
    name: 'metal',
    images: () => each((value, x, y) => ((x - 40) ** 2 + (y - 28) ** 2 < 12 ? 3071 : value)),
    red: ['clipping'],
    words: /ml of metal/,
    long: true,
  },
  {
    name: 'images lost while the bolus passes',
    images: () => frames((frame) => frame < 12 || frame > 15),
    red: ['timing'],
    words: /There is a gap of \d\.\d s while the bolus passes/,
    long: true,
  },
  {
    name: 'one slice',
    images: () => study.filter(({ slice }) => slice === 2).map((image) => withText(image, 'x00180050', '5')),
    red: ['coverage'],
    words: /cover 5 mm only/,
    long: true,
  },
  {
    name: "a child's head",
    images: () => study.map((image) => withText(image, 'x00280030', '2.4\\2.4')),
    amber: ['coverage'],
    words: /The head is small/,
    long: true,
  },
  {
    name: 'empty images',
    images: () =>
      study.map((image) =>
        image.slice === 1 && image.frame > 9 && image.frame < 16 ? withPixels(image, () => -1000) : image,
      ),
    red: ['missingData'],
    words: /6 of 160 images are empty/,
    long: true,
  },
]

async function umbraRun(folder: string, out: string): Promise<{ code: number; json: Summary; err: string }> {
  const told = { out: '', err: '' }
  for (const kind of ['out', 'err'] as const) {
    vi.spyOn(process[`std${kind}`], 'write').mockImplementation((text) => {
      told[kind] += String(text)
      return true
    })
  }
  const options = ['--no-network', '--no-motion', '--no-cache', '--json']
  const code = await runProgram(umbraProgram('1', [command()]), ['run', folder, '-o', out, ...options])
  return { code, json: JSON.parse(told.out) as Summary, err: told.err }
}

describe('umbra run, from files', { timeout: 240_000 }, () => {
  const cases = bad.filter(({ long }) => !long || process.env.UMBRA_LONG)
  it.each(cases.map((one) => [one.name, one] as const))('%s', async (name, { images, ...expected }) => {
    const folder = join(scratch, name)
    const out = join(scratch, `${name} out`)
    await writeStudy(folder, images())
    const { code, json, err } = await umbraRun(folder, out)
    const run = JSON.parse(await readFile(join(out, 'run.json'), 'utf8')) as PipelineRun
    expect(err).not.toContain('internal')

    if (expected.fails) {
      expect(code).toBe(1)
      expect(json.error).toMatchObject({ code: expected.fails.code, hint: expect.stringMatching(/\w/) })
      expect(json.error.message).toMatch(expected.fails.words)
      expect(run).toMatchObject({ state: 'failed', files: [] })
      if (expected.fails.check) {
        expect(run.quality?.[0]).toMatchObject({ check: expected.fails.check, grade: 'red' })
      }
      return
    }
    expect(code, JSON.stringify(json.error)).toBe(0)
    const graded = (grade: string): string[] =>
      json.quality.filter((line) => line.grade === grade).map(({ check }) => check)
    expect(graded('red'), JSON.stringify(json.quality)).toEqual(expect.arrayContaining(expected.red ?? []))
    expect(graded('amber')).toEqual(expect.arrayContaining(expected.amber ?? []))
    const said = [...json.quality.map(({ reason }) => reason), ...json.warnings.map(({ message }) => message)]
    expect(said.join(' ')).toMatch(expected.words ?? /./)
    for (const { grade, remedy } of json.quality) if (grade !== 'green') expect(remedy).not.toBe('')

    const { reliability, statements, targetMismatch } = json.tissueAtRisk
    expect(reliability).toBe(expected.red ? 'notReliable' : 'caution')
    if (expected.red) {
      expect(statements[0]).toMatch(/^Not reliable: /)
      expect(statements.join(' ')).not.toMatch(/criteria met|criteria not met|No lesion:/)
      expect(targetMismatch.met).toBeNull()
      const told = run.steps.find(({ step }) => step === 'tissueAtRisk')
      expect(told?.result[0]).toBe('Not to be relied on')
    }
  })
})
