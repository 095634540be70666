import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { methods, type Input } from '@contract'
import { createAgreementSession } from '../../../src-main/engine/session/agreementSession'
import { draw } from './drawings'

let root: string
const at = (...parts: string[]): string => join(root, ...parts)

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'umbra-folders-'))
  for (const [who, x] of [
    ['gt', 5],
    ['anna', 6],
    ['ben', 5],
  ] as const) {
    for (const name of ['p1', 'p2']) await draw(at(who), `${name}.nii.gz`, [{ label: 1, x, width: 10 }])
  }
})
afterAll(() => rm(root, { recursive: true, force: true }))

const of = (change: object = {}) => ({
  from: 'folders',
  reference: { name: 'GT', directory: at('gt') },
  raters: [
    { name: 'Anna', directory: at('anna') },
    { name: 'Anna#2', directory: at('ben') },
  ],
  labels: '1=core',
  ...change,
})

/** A report as the window asks for it. */
function ask(change: object = {}, options: Partial<Input<'agreement.report'>> = {}, signal?: AbortSignal) {
  const session = createAgreementSession({} as Parameters<typeof createAgreementSession>[0])
  const params = methods['agreement.report'].in.parse({ of: of(change), resamples: 20, ...options })
  const progress: number[] = []
  const { work, title } = session.report(params)
  const run = {
    signal: signal ?? new AbortController().signal,
    onProgress: (share: number) => void progress.push(share),
    log: () => undefined,
  }
  const made = work(run).then(({ reportId }) => session.read({ session: null, reportId }))
  return { made, progress, title }
}

describe('folders compared in the window', () => {
  it('give the report that umbra agree gives, with progress, and no pictures of scans nobody knows', async () => {
    const { made, progress } = ask()
    const { report, pictures } = await made
    expect(pictures).toBe(false)
    expect(report.pairs.map(({ pair, kind }) => `${pair} ${kind}`)).toEqual([
      'Anna/GT reference',
      'Anna#2/GT reference',
      'Anna/Anna#2 intra-rater',
    ])
    expect(report.pairs[0].withoutNormals.dice.mean).toBeCloseTo(0.9, 12)
    expect(report.structures).toEqual([{ name: 'core', values: [1] }])
    expect(progress.at(-1)).toBeGreaterThan(0.9)
  })
  it('need no reference and no labels, and take another reference', async () => {
    const { report } = await ask({ reference: null, labels: '' }).made
    expect([report.reference, report.structures[0].name]).toEqual([null, 'lesion'])
    expect((await ask({}, { reference: 'Anna' }).made).report.reference).toBe('Anna')
  })
  it('are refused at once where the form is wrong', () => {
    const codeOf = (change: object): unknown => {
      try {
        return ask(change).title
      } catch (error) {
        return (error as { code: string }).code
      }
    }
    expect(codeOf({ raters: [{ name: 'Anna', directory: 'anna' }] })).toBe('invalid-path')
    expect(codeOf({ raters: [] })).toBe('usage')
    expect(codeOf({ raters: [of().raters[0], of().raters[0]] })).toBe('usage')
    expect(codeOf({ labels: 'core' })).toBe('usage')
  })
  it('name the file that cannot be used', async () => {
    await draw(at('cut'), 'p1.nii.gz', [])
    await writeFile(at('cut', 'p1.nii'), 'no NIfTI')
    await rm(at('cut', 'p1.nii.gz'))
    const raters = [{ name: 'Cut', directory: at('cut') }]
    await expect(ask({ raters }).made).rejects.toMatchObject({
      code: 'nifti-unreadable',
      where: at('cut', 'p1.nii'),
    })
  })
  it('stop when that is asked for', async () => {
    const abort = new AbortController()
    abort.abort()
    await expect(ask({}, {}, abort.signal).made).rejects.toMatchObject({ name: 'AbortError' })
  })
})
