import { mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { AgreementReport, Geometry, Problem } from '@contract'
import { command } from '../../../src-main/cli/commands/agree'
import { runProgram, umbraProgram } from '../../../src-main/cli/program'
import { writeNifti } from '../../../src-main/engine/volume'
import { draw, grid, labelmap } from './drawings'

let root: string
let count = 0
const at = (...parts: string[]): string => join(root, ...parts)
const box = [{ label: 1, x: 5, width: 10 }]

/** The command as it is typed, with --json: what it prints on stdout must be JSON, however it ends. */
async function agree(args: string[], out = at(`out-${count++}`)) {
  let stdout = ''
  const printed = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text)
    return true
  })
  const told = vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  try {
    const program = umbraProgram('0', [command()])
    const code = await runProgram(program, ['agree', ...args, '-o', out, '--resamples', '0', '--json'])
    const json = JSON.parse(stdout) as AgreementReport & { error?: Problem }
    return { code, out, report: json, error: json.error }
  } finally {
    printed.mockRestore()
    told.mockRestore()
  }
}
const against = (folder: string, ...more: string[]) =>
  agree(['--reference', at('gt'), '--rater', `X=${at(folder)}`, ...more])

/** A copy of the file of a drawing with some of its header changed. */
async function damaged(folder: string, change: (file: Buffer) => Buffer | void): Promise<void> {
  await draw(at(folder), 'p1.nii', box)
  const file = readFileSync(at(folder, 'p1.nii'))
  writeFileSync(at(folder, 'p1.nii'), change(file) ?? file)
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'umbra-hostile-'))
  for (const name of ['p1', 'p2']) await draw(at('gt'), `${name}.nii.gz`, box)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('umbra agree names the file, and prints JSON,', () => {
  it.each<[string, (file: Buffer) => Buffer | void]>([
    ['cut in the middle', (file) => file.subarray(0, file.length / 2)],
    ['cut in its header', (file) => file.subarray(0, 100)],
    ['empty', () => Buffer.alloc(0)],
    ['all zeros', () => Buffer.alloc(400)],
    ['in colour', (file) => void file.writeInt16LE(128, 70)],
    ['said to be huge', (file) => void [42, 44, 46].forEach((place) => file.writeInt16LE(32_767, place))],
    ['without a place', (file) => void file.fill(0, 280, 328)],
    ['with a place that is no number', (file) => void file.writeFloatLE(NaN, 280)],
  ])('of a NIfTI file %s', async (kind, change) => {
    await damaged(kind, change)
    const { code, error } = await against(kind)
    expect(code).toBe(1)
    expect(error).toMatchObject({ code: 'nifti-unreadable', where: at(kind, 'p1.nii') })
  })
  it('of a file that is no DICOM though it is called so, and of a DICOM file that is no segmentation', async () => {
    mkdirSync(at('dicom'))
    writeFileSync(at('dicom', 'p1.dcm'), 'x')
    const refused = { code: 'seg-unreadable', where: at('dicom', 'p1.dcm') }
    expect((await against('dicom')).error).toMatchObject(refused)
    const preamble = Buffer.alloc(200)
    preamble.write('DICM', 128, 'latin1')
    writeFileSync(at('dicom', 'p1.dcm'), preamble)
    expect((await against('dicom')).error).toMatchObject(refused)
  })
  it('of a link that leads nowhere; one that is no drawing is left out', async () => {
    await draw(at('link'), 'p1.nii.gz', box)
    symlinkSync(at('nowhere'), at('link', 'readme.txt'))
    const { code, report } = await against('link')
    expect([code, report.notes]).toEqual([
      0,
      expect.arrayContaining(['X: readme.txt is no NIfTI or DICOM file and was left out.']),
    ])
    symlinkSync(at('nowhere'), at('link', 'p2.nii.gz'))
    expect((await against('link')).error).toMatchObject({
      code: 'nifti-unreadable',
      where: at('link', 'p2.nii.gz'),
    })
  })
  it('of an empty folder, and of a file in the place of a folder', async () => {
    mkdirSync(at('no drawings'))
    expect((await against('no drawings')).error).toMatchObject({
      code: 'no-cases',
      where: at('no drawings'),
    })
    writeFileSync(at('file'), '')
    expect((await against('file')).error).toMatchObject({ code: 'not-found', where: at('file') })
    const { error } = await agree(['--reference', at('gt'), '--rater', `X=${at('gt')}`], at('file'))
    expect(error?.code).toBe('write-failed')
  })
})

describe('umbra agree takes', () => {
  it('folders within folders, also its own output of the last time', async () => {
    await draw(at('own'), 'p1.nii.gz', box)
    await draw(at('other'), 'p1.nii.gz', box)
    const args = ['--rater', `A=${at('own')}`, '--rater', `B=${at('other')}`]
    expect((await agree(args, at('own'))).code).toBe(0)
    const { code, report } = await agree(args, at('own'))
    expect(code).toBe(0)
    expect(report.notes).toContain('A: the folder consensus has no drawing and was left out.')
    expect(report.cases).toHaveLength(1)
  })
  it('grids that differ by rounding, and voxels in another order, without a word', async () => {
    await draw(at('rounded'), 'p1.nii.gz', box, {
      ...grid,
      origin: [-20.00001, -15.000004, 40.00002],
      spacing: [1.000001, 0.999999, 5.00001],
    })
    const flipped: Geometry['direction'] = [
      [-1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]
    await draw(at('rounded'), 'p2.nii.gz', [{ label: 1, x: 25, width: 10 }], {
      ...grid,
      origin: [19, -15, 40],
      direction: flipped,
    })
    const { report } = await against('rounded')
    expect(report.caseAgreement.map(({ dice }) => dice)).toEqual([1, 1])
    expect(report.notes).toEqual([])
  })
  it('labels that are whole but for rounding, as floats or by a scale factor, and no probabilities', async () => {
    const mask = Float32Array.from(labelmap(box), (value) => value * 0.9999999)
    await writeNifti(at('float', 'p1.nii.gz'), grid, mask)
    await damaged('scaled', (file) => {
      file.writeFloatLE(1 / 255, 112)
      for (let at = 352; at < file.length; at++) file[at] *= 255
    })
    for (const folder of ['float', 'scaled']) {
      const { report } = await against(folder, '--labels', '1=core')
      expect(report.caseAgreement[0]?.dice, folder).toBe(1)
    }
    await writeNifti(
      at('probability', 'p1.nii.gz'),
      grid,
      mask.map((value) => value * 0.999),
    )
    expect((await against('probability')).error?.code).toBe('not-labels')
  })
  it('two cases, and the same folder twice, which it says', async () => {
    const { code, report } = await against('gt')
    expect(code).toBe(0)
    expect(report.notes).toEqual(['X and Reference are the same folder.'])
    expect(report.pairs[0].withoutNormals.pearson).toMatchObject({ value: null, band: null })
  })
  it('a label that nobody used, which it says', async () => {
    const { code, report } = await against('gt', '--labels', '7=tumour')
    expect(code).toBe(0)
    expect(report.notes).toContain('tumour: nobody drew it in any case (label 7).')
    expect(report.pairs[0]).toMatchObject({ cases: 2, bothEmpty: 2 })
  })
  it('cases and structures called anything, each with files of its own', async () => {
    const names = [
      '=1+1',
      'a b',
      'a_b',
      'é <b>&"',
      'x;y,z',
      "O'Neil",
      'line\nbreak',
      '梗死',
      'constructor',
      'CON',
    ]
    for (const name of names) {
      for (const who of ['odd', 'odd too']) await draw(at(who), `${name}.nii.gz`, box)
    }
    const labels = '1=ядро,2=梗死,3=Core,4=core'
    const { code, report, out } = await agree([
      ...['--rater', `A=${at('odd')}`, '--rater', `Ünal "B"=${at('odd too')}`, '--labels', labels],
    ])
    expect(code).toBe(0)
    expect(report.cases.map(({ name }) => name).sort()).toEqual([...names].sort())
    expect(report.caseAgreement.filter(({ structure }) => structure === 'ядро')).toHaveLength(names.length)
    const pictures = readdirSync(join(out, 'figures')).filter((file) => file.endsWith('.svg'))
    // Volumes, scatter and Bland–Altman of four structures, and Dice.
    expect(pictures).toHaveLength(13)
    expect(readdirSync(join(out, 'consensus', 'structure'))).toHaveLength(names.length)
    expect(readFileSync(join(out, 'cases.csv'), 'utf8')).toMatch(/\r\n'=1\+1,/)
  })
})

it('umbra agree refuses names by which pairs or figures could be taken for others', async () => {
  const rater = (name: string, folder = 'gt'): string[] => ['--rater', `${name}=${at(folder)}`]
  await draw(at('proto'), '__proto__.nii.gz', box)
  const asked = [
    [...rater('A/B'), ...rater('C'), ...rater('A'), ...rater('B/C')],
    [...rater('__proto__'), ...rater('B')],
    [...rater('A'), ...rater('B'), '--labels', '1=__proto__'],
    [...rater('A'), ...rater('A')],
    [...rater('A', 'proto'), ...rater('B', 'proto')],
  ]
  for (const args of asked) {
    const { code, error } = await agree(args)
    expect([code, error?.code], args.join(' ')).toEqual([2, 'usage'])
  }
  expect((await agree([...rater('A/B'), ...rater('C')])).report.pairs[0].pair).toBe('A/B/C')
})
