import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AgreementReport, PairAgreement } from '@contract'
import { command } from '../../../src-main/cli/commands/agree'
import { umbraProgram } from '../../../src-main/cli/program'
import { readNifti, writeNifti } from '../../../src-main/engine/volume'
import { draw, grid, labelmap } from './drawings'

let root: string
const at = (...parts: string[]): string => join(root, ...parts)
const run = async (...args: string[]): Promise<void> => {
  await umbraProgram('0', [command()]).parseAsync(['agree', ...args, '-o', at('out')], { from: 'user' })
}
const report = async (): Promise<AgreementReport> =>
  JSON.parse(await readFile(at('out', 'report.json'), 'utf8')) as AgreementReport
const pairIn = ({ pairs }: AgreementReport, pair: string, structure: string): PairAgreement => {
  const found = pairs.find((own) => own.pair === pair && own.structure === structure)
  if (!found) throw new Error(`${pair}, ${structure}: not there`)
  return found
}

/** Widths in voxels: the reference begins at 5, the raters `shift` further on. */
const cases = [
  { name: 'p1', core: 10, shift: 1 },
  { name: 'p2', core: 8, shift: 2 },
  { name: 'p10', core: 4, shift: 0 },
]

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'umbra-agree-'))
  for (const { name, core, shift } of cases) {
    await draw(at('gt'), `${name}.nii.gz`, [
      { label: 1, x: 5, width: core },
      { label: 2, x: 20, width: 10 },
    ])
    await draw(at('anna'), `${name}.nii`, [
      { label: 1, x: 5 + shift, width: core },
      { label: 2, x: 20, width: 10 },
    ])
    await draw(at('ben'), `${name}.nii.gz`, [
      { label: 1, x: 5, width: core },
      { label: 2, x: 20, width: 5 },
    ])
  }
  // A normal for everyone, and a lesion that only Ben sees.
  for (const who of ['gt', 'anna', 'ben']) await draw(at(who), 'normal.nii.gz', [])
  await draw(at('gt'), 'p4.nii.gz', [{ label: 2, x: 20, width: 10 }])
  await draw(at('anna'), 'p4.nii.gz', [{ label: 2, x: 20, width: 10 }])
  await draw(at('ben'), 'p4.nii.gz', [
    { label: 1, x: 5, width: 4 },
    { label: 2, x: 20, width: 10 },
  ])
})
afterAll(() => rm(root, { recursive: true, force: true }))

const everyone = (): string[] => [
  ...['--reference', `GT=${at('gt')}`, '--rater', `Anna=${at('anna')}`, '--rater', `Ben=${at('ben')}`],
  ...['--labels', '1=core,2=penumbra', '--resamples', '200'],
]

describe('umbra agree on raters with a set overlap', () => {
  beforeAll(() => run(...everyone()))

  it('gives that overlap, case by case', async () => {
    const { caseAgreement } = await report()
    const dice = (name: string, pair: string, structure: string): number | null | undefined =>
      caseAgreement.find((own) => own.case === name && own.pair === pair && own.structure === structure)?.dice
    expect(dice('p1', 'Anna/GT', 'core')).toBeCloseTo(0.9, 12)
    expect(dice('p2', 'Anna/GT', 'core')).toBeCloseTo(0.75, 12)
    expect(dice('p10', 'Anna/GT', 'core')).toBe(1)
    expect(dice('p1', 'Ben/GT', 'penumbra')).toBeCloseTo(2 / 3, 12)
    expect(dice('p1', 'Anna/Ben', 'core')).toBeCloseTo(0.9, 12)
  })
  it('leaves cases out that both left empty, counts them, and offers the other way', async () => {
    const found = pairIn(await report(), 'Anna/GT', 'core')
    expect(found).toMatchObject({ cases: 5, bothEmpty: 2, firstEmpty: 0, secondEmpty: 0, kind: 'reference' })
    expect(found.withoutNormals.dice).toMatchObject({ n: 3, minimum: 0.75, maximum: 1 })
    expect(found.withoutNormals.dice.mean).toBeCloseTo((0.9 + 0.75 + 1) / 3, 12)
    // SD with n − 1: √(((0.9 − m)² + (0.75 − m)² + (1 − m)²) / 2) with m = 0.8833…
    expect(found.withoutNormals.dice.sd).toBeCloseTo(0.12583057392117916, 12)
    expect(found.withNormals.dice.mean).toBeCloseTo((0.9 + 0.75 + 1 + 1 + 1) / 5, 12)
    expect(found.withNormals.pearson.n).toBe(5)
  })
  it('takes a lesion that only one of a pair drew as a Dice of 0, without distances', async () => {
    const { caseAgreement } = await report()
    const own = caseAgreement.find(
      (found) => found.case === 'p4' && found.pair === 'Ben/GT' && found.structure === 'core',
    )
    expect(own).toMatchObject({
      state: 'second-empty',
      dice: 0,
      precision: 0,
      sensitivity: null,
      hausdorffMm: null,
    })
  })
  it('measures volumes and distances in ml and mm', async () => {
    const { caseAgreement, cases: listed } = await report()
    const own = caseAgreement.find((found) => found.case === 'p2' && found.pair === 'Anna/GT')
    // 8 × 20 × 4 voxels of 5 mm³; a shift of two voxels of 1 mm
    expect(own).toMatchObject({ firstMl: 3.2, secondMl: 3.2, volumeDifferenceMl: 0, hausdorffMm: 2 })
    expect(listed.map(({ name }) => name)).toEqual(['normal', 'p1', 'p2', 'p4', 'p10'])
  })
  it('writes Table 1 in the form of the paper', async () => {
    const table = await readFile(at('out', 'table1.md'), 'utf8')
    expect(table).toContain('|  | core | penumbra |')
    expect(table).toContain('| Anna/GT (DSC) | 0.88 ± 0.13 | 1.00 ± 0.00 |')
    expect(table).toContain('| Anna/GT Pearson r | 1.00 | – |')
  })
  it('writes a spreadsheet line a case, pair and structure', async () => {
    const lines = (await readFile(at('out', 'cases.csv'), 'utf8')).trim().split('\r\n')
    expect(lines).toHaveLength(1 + 5 * 3 * 2)
    expect(lines[0]).toContain('case,structure,pair,state,firstMl,secondMl,dice,jaccard')
  })
  it('gives the same bytes again, dates aside', async () => {
    const digest = async (name: string): Promise<string> => {
      const bytes = await readFile(at('out', name))
      const timeless = name.endsWith('.json') ? bytes.toString().replace(/"created": ".*"/, '') : bytes
      return createHash('sha256').update(timeless).digest('hex')
    }
    const names = [
      ...['report.json', 'report.html', 'cases.csv', 'pairs.csv', 'table1.md'],
      ...['figures/dice.svg', 'figures/dice.png', 'figures/scatter-core.svg', 'figures/volumes-core.png'],
    ]
    const before = await Promise.all(names.map(digest))
    await run(...everyone())
    expect(await Promise.all(names.map(digest))).toEqual(before)
  })
  it('gives the same bytes of the PDF for the same report, dates aside', async () => {
    const dateless = async (): Promise<string> =>
      (await readFile(at('out', 'report.pdf')))
        .toString('latin1')
        .replace(/\(D:\d{14}Z\)/g, '')
        .replace(/\/ID \[.*\]/, '')
    const before = await dateless()
    await run(...everyone())
    expect((await dateless()) === before).toBe(true)
  })
  it('shows every table of the normals both ways, also in the page', async () => {
    const page = await readFile(at('out', 'report.html'), 'utf8')
    const captions = [...page.matchAll(/<caption>(.*?)<\/caption>/g)].map(([, caption]) => caption)
    for (const of of ['Average Dice', 'Volume differences', 'Agreement of volumes', 'Overlap and surface']) {
      const own = captions.filter((caption) => caption.includes(of))
      expect(own).toHaveLength(2)
      expect(own[0]).toContain('left out')
      expect(own[1]).toContain('count as agreement')
    }
    expect(page).toContain('<td>Anna/GT (DSC)</td><td>0.93 ± 0.11</td>')
  })
  it('writes the consensus of the raters on the grid of their drawings', async () => {
    // Anna drew columns 6 to 15, Ben 5 to 14.
    const { voxels, geometry } = await readNifti(at('out', 'consensus', 'core', 'p1.nii.gz'))
    expect(geometry.size).toEqual(grid.size)
    const row = (2 * 30 + 10) * 40
    const consensus = Array.from(voxels.subarray(row, row + 40)).flatMap((inside, x) => (inside ? [x] : []))
    expect(consensus).toEqual(expect.arrayContaining([6, 7, 8, 9, 10, 11, 12, 13, 14]))
    const made = await report()
    const told = made.caseConsensus.find((own) => own.case === 'p1' && own.structure === 'core')
    const [x, y, z] = geometry.spacing
    const millilitres = (voxels.reduce((sum, one) => sum + one, 0) * x * y * z) / 1000
    expect(millilitres).toBeCloseTo(told?.staple?.volumeMl ?? NaN, 9)
    const probability = await readNifti(at('out', 'consensus', 'core-probability', 'p1.nii.gz'))
    expect(probability.voxels.every((value, i) => value > 0.5 === (voxels[i] === 1))).toBe(true)
  })
  it('writes a PDF and a page that need nothing from elsewhere', async () => {
    expect((await readFile(at('out', 'report.pdf'))).toString('latin1', 0, 5)).toBe('%PDF-')
    const page = await readFile(at('out', 'report.html'), 'utf8')
    expect(page).toContain('Research use only')
    expect(page).not.toMatch(/(src|href)="(?!data:)/)
  })
})

describe('umbra agree', () => {
  it('takes all that is marked as one structure without labels, and a reading against itself as 1', async () => {
    await run('--reference', at('gt'), '--rater', `again=${at('gt')}`, '--resamples', '0')
    const found = pairIn(await report(), 'again/Reference', 'lesion')
    expect(found.withoutNormals.dice).toMatchObject({ n: 4, mean: 1, sd: 0, bca: null })
    expect(found.withoutNormals.icc21.value).toBe(1)
  })
  it('reads a study file, with folders relative to it', async () => {
    const study = {
      title: 'Two readers',
      reference: { name: 'GT', directory: 'gt' },
      raters: [{ name: 'Anna', directory: 'anna', source: 'CNN' }],
      labels: { core: 1, hypoperfused: [1, 2] },
      resamples: 0,
    }
    await writeFile(at('study.json'), JSON.stringify(study))
    await run(at('study.json'))
    const made = await report()
    expect(made.title).toBe('Two readers')
    const whole = pairIn(made, 'Anna/GT', 'hypoperfused')
    // p1: 10 + 10 columns each, 9 + 10 in common
    const p1 = made.caseAgreement.find((own) => own.case === 'p1' && own.structure === 'hypoperfused')
    expect(p1?.dice).toBeCloseTo(0.95, 12)
    expect(whole.bothEmpty).toBe(1)
  })
  it('calls a second reading of the same rater that', async () => {
    await run('--rater', `Anna=${at('anna')}`, '--rater', `Anna#2=${at('gt')}`, '--resamples', '0')
    expect((await report()).pairs[0]).toMatchObject({ pair: 'Anna/Anna#2', kind: 'intra-rater' })
  })
  it('brings another grid of the same space to that of the reference, and says so', async () => {
    const fine = {
      ...grid,
      size: [80, 30, 6] as [number, number, number],
      spacing: [0.5, 1, 5] as [number, number, number],
      origin: [-20.25, -15, 40] as [number, number, number],
    }
    await draw(at('fine'), 'p1.nii.gz', [{ label: 1, x: 10, width: 20 }], fine)
    await draw(at('coarse'), 'p1.nii.gz', [{ label: 1, x: 5, width: 10 }])
    await run('--reference', at('coarse'), '--rater', `F=${at('fine')}`, '--resamples', '0')
    const made = await report()
    expect(made.caseAgreement[0].dice).toBe(1)
    expect(made.notes.join()).toMatch(/p1, F: Resampled \(nearest voxel\) from 80 × 30 × 6 voxels of 0.5/)
  })
  it('goes on without a case that a rater lacks, and lists it', async () => {
    await draw(at('few'), 'p1.nii.gz', [{ label: 1, x: 5, width: 10 }])
    await run(
      '--reference',
      at('gt'),
      '--rater',
      `Few=${at('few')}`,
      '--rater',
      `Ben=${at('ben')}`,
      '--resamples',
      '0',
    )
    const { missing } = await report()
    expect(missing.map((gap) => `${gap.reading} ${gap.case}`)).toEqual(
      ['normal', 'p2', 'p4', 'p10'].map((name) => `Few ${name}`),
    )
  })
})

describe('umbra agree refuses, naming the file,', () => {
  const refused = async (folder: string, code: string, place: string): Promise<void> => {
    await expect(run('--reference', at('gt'), '--rater', `X=${at(folder)}`)).rejects.toMatchObject({
      code,
      where: at(place),
    })
  }
  it('two files for one case', async () => {
    await draw(at('two'), 'p1.nii', [])
    await draw(at('two'), 'p1.nii.gz', [])
    await refused('two', 'two-files', 'two')
  })
  it('values that are not numbers, and values that are no labels', async () => {
    for (const [folder, value] of [
      ['nan', NaN],
      ['half', 0.5],
      ['below', -1],
    ] as const) {
      const voxels = Float32Array.from(labelmap([]))
      voxels[100] = value
      await writeNifti(at(folder, 'p1.nii.gz'), grid, voxels)
      await refused(folder, 'not-labels', join(folder, 'p1.nii.gz'))
    }
  })
  it('a file that is cut off', async () => {
    await draw(at('cut'), 'p1.nii.gz', [{ label: 1, x: 5, width: 10 }])
    const whole = await readFile(at('cut', 'p1.nii.gz'))
    await writeFile(at('cut', 'p1.nii.gz'), whole.subarray(0, whole.length - 20))
    await refused('cut', 'nifti-unreadable', join('cut', 'p1.nii.gz'))
  })
  it('a grid that shares no space with the reference', async () => {
    await draw(at('far'), 'p1.nii.gz', [], { ...grid, origin: [500, 500, 500] })
    await refused('far', 'no-overlap', join('far', 'p1.nii.gz'))
  })
  it('a volume with time points', async () => {
    await writeNifti(at('time', 'p1.nii.gz'), grid, new Uint8Array(2 * 40 * 30 * 6), { frames: 2 })
    await refused('time', 'not-labels', join('time', 'p1.nii.gz'))
  })
  it('a folder that is missing, and one without drawings', async () => {
    await refused('nowhere', 'not-found', 'nowhere')
    await writeFile(at('two', '..', 'study.txt'), 'x')
    await expect(run('--reference', at('gt'), '--rater', 'X')).rejects.toMatchObject({ exitCode: 1 })
  })
  it('raters without a case in common, and a lone rater', async () => {
    await draw(at('other'), 'q1.nii.gz', [])
    await expect(run('--reference', at('gt'), '--rater', `X=${at('other')}`)).rejects.toMatchObject({
      code: 'no-common-cases',
    })
    await expect(run('--rater', `X=${at('gt')}`)).rejects.toMatchObject({ code: 'usage' })
  })
  it('labels that are not VALUE=NAME', async () => {
    await expect(
      run('--reference', at('gt'), '--rater', `X=${at('anna')}`, '--labels', 'core'),
    ).rejects.toMatchObject({ code: 'usage' })
  })
})

describe('labels in any type of number', () => {
  it('are the same as bytes', async () => {
    const bytes = labelmap([{ label: 2, x: 3, width: 7 }])
    await writeNifti(at('types', 'byte', 'p.nii'), grid, bytes)
    await writeNifti(at('types', 'short', 'p.nii'), grid, Int16Array.from(bytes))
    await writeNifti(at('types', 'float', 'p.nii.gz'), grid, Float32Array.from(bytes))
    await run(
      '--reference',
      at('types', 'byte'),
      '--rater',
      `s=${at('types', 'short')}`,
      '--rater',
      `f=${at('types', 'float')}`,
      '--labels',
      '2=penumbra',
      '--resamples',
      '0',
    )
    expect((await report()).caseAgreement.map(({ dice }) => dice)).toEqual([1, 1, 1])
    expect((await readNifti(at('types', 'short', 'p.nii'))).voxels).toEqual(Float32Array.from(bytes))
  })
})
