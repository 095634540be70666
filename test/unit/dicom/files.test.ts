import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync, type Zippable } from 'fflate'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { Catalogue } from '@contract'
import { openStudy } from '../../../src-main/engine/dicom'
import { openReaderPool } from '../../../src-main/engine/dicom/reader-pool'
import { dicomFile, elementsBytes, syntax, uid, writeDicom, type Elements } from './build'
import { addPicture, clockTime, elevenOClock, newStudy, pixelsOf, type Study } from './studies'

const root = mkdtempSync(join(tmpdir(), 'umbra-files-'))
let study: Study
let count = 0
beforeEach(() => {
  study = newStudy(join(root, String(count++)))
  mkdirSync(study.folder)
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function list(...paths: string[]): Promise<Catalogue> {
  const opened = await openStudy(paths.length > 0 ? paths : [study.folder])
  await opened.close()
  const { catalogue } = opened
  expect(catalogue.filesShown + catalogue.skipped.length).toBe(catalogue.filesFound)
  return catalogue
}

const seriesOf = (catalogue: Catalogue): Catalogue['studies'][0]['series'] =>
  catalogue.studies.flatMap((found) => found.series)

function addSmallSeries(): string[] {
  return [0, 1, 2].map((slice) => addPicture(study, { code: slice, position: [0, 0, 5 * slice] }))
}

describe('files are found', () => {
  it('at any depth, under any name, beside files that are not DICOM, which are named with the reason', async () => {
    const paths = addSmallSeries()
    mkdirSync(join(study.folder, 'a/b/c d'), { recursive: true })
    copyFileSync(paths[0], join(study.folder, 'a/b/c d/ÄÖ é'))
    rmSync(paths[0])
    writeFileSync(join(study.folder, 'report.pdf'), '%PDF-1.4 something')
    writeFileSync(join(study.folder, 'a/Thumbs.db'), Buffer.alloc(5000, 7))
    writeFileSync(join(study.folder, 'a/empty'), '')
    const catalogue = await list()
    expect(seriesOf(catalogue)).toMatchObject([{ files: 3, kind: 'volume' }])
    expect(catalogue.filesFound).toBe(6)
    expect(catalogue.skipped).toEqual([
      { file: 'a/Thumbs.db', reason: 'Not a DICOM file.' },
      { file: 'a/empty', reason: 'Empty file.' },
      { file: 'report.pdf', reason: 'Not a DICOM file (a PDF document).' },
    ])
  })

  it('once, however often they are named', async () => {
    const [path] = addSmallSeries()
    expect((await list(study.folder, study.folder, path)).filesFound).toBe(3)
  })

  it('through links, but not round in circles', async () => {
    addSmallSeries()
    const other = mkdtempSync(join(root, 'linked-'))
    symlinkSync(study.folder, join(other, 'study'))
    symlinkSync(other, join(other, 'itself'))
    symlinkSync(join(other, 'nowhere'), join(other, 'broken'))
    const catalogue = await list(other)
    expect(seriesOf(catalogue)).toMatchObject([{ files: 3 }])
    expect(catalogue.skipped).toEqual([{ file: 'broken', reason: 'Cannot be read (ENOENT).' }])
  })

  it.skipIf(process.platform === 'win32')('without waiting at a pipe', async () => {
    addSmallSeries()
    execFileSync('mkfifo', [join(study.folder, 'pipe')])
    expect((await list()).skipped).toEqual([{ file: 'pipe', reason: 'Neither a file nor a folder.' }])
  })

  it('or said not to be there', async () => {
    await expect(openStudy([join(root, 'nowhere')])).rejects.toMatchObject({ code: 'not-found' })
  })

  it('unless the work is cancelled', async () => {
    addSmallSeries()
    const abort = new AbortController()
    abort.abort()
    await expect(openStudy([study.folder], { signal: abort.signal })).rejects.toMatchObject({
      name: 'AbortError',
    })
  })
})

describe('a ZIP archive', () => {
  const image = (slice: number): Uint8Array => {
    const folder = newStudy(mkdtempSync(join(root, 'zip-')))
    Object.assign(folder, { study: study.study, frame: study.frame, files: slice })
    const path = addPicture(folder, { code: slice, position: [0, 0, 5 * slice] })
    return Uint8Array.from(execFileSync('cat', [path]))
  }
  const temporary = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('umbra-study-'))

  it('is opened like a folder, also within a folder and within another archive, and leaves nothing behind', async () => {
    const inner = zipSync({ 'deep/one': image(0), 'deep/two': image(1) })
    writeFileSync(
      join(study.folder, 'export.zip'),
      zipSync({ 'inner.zip': inner, 'three.dcm': image(2), 'read me.txt': Buffer.from('hello') }),
    )
    const before = temporary()
    const opened = await openStudy([study.folder])
    const [series] = seriesOf(opened.catalogue)
    expect(series).toMatchObject({ files: 3 })
    expect(opened.catalogue).toMatchObject({ filesFound: 4, filesShown: 3 })
    expect(opened.catalogue.skipped).toEqual([
      { file: 'export.zip/read me.txt', reason: 'Not a DICOM file.' },
    ])
    const volume = await opened.load(series.key)
    expect([0, 48, 96].map((at) => volume.voxels[at])).toEqual([0, 1, 2])
    await opened.close()
    expect(temporary()).toEqual(before)
  })

  it('full of large files of other kinds, deflated or stored, costs no more than their beginnings', async () => {
    const other = Buffer.alloc(1_000_000, 'no picture ')
    const names = Array.from({ length: 60 }, (_, i) => `video ${i}`)
    const files = Object.fromEntries(names.map((name, i) => [name, [other, { level: i % 2 ? 0 : 1 }]]))
    writeFileSync(join(study.folder, 'disc.zip'), zipSync({ ...(files as Zippable), one: image(0) }))
    const opened = await openStudy([study.folder])
    expect(seriesOf(opened.catalogue)[0]).toMatchObject({ files: 1 })
    expect(opened.catalogue.skipped).toHaveLength(names.length)
    await opened.close()
  })

  it('cannot write outside its folder, whatever names it holds', async () => {
    const outside = join(tmpdir(), `umbra-escaped-${process.pid}`)
    const names = [
      `../../../../../../../..${outside}`,
      outside,
      '..\\..\\windows',
      'C:\\x',
      '../one',
      'a/../../b',
    ]
    writeFileSync(
      join(study.folder, 's.zip'),
      zipSync(Object.fromEntries(names.map((name, i) => [name, image(i)]))),
    )
    const catalogue = await list()
    expect(seriesOf(catalogue)).toMatchObject([{ files: names.length }])
    expect(existsSync(outside)).toBe(false)
    expect(existsSync(join(study.folder, '..', 'one'))).toBe(false)
  })

  it('keeps nothing of large files that are not DICOM, and goes on with the others', async () => {
    const noise = (seed: number): Buffer => {
      const bytes = Buffer.alloc(300_000)
      for (let i = 1, state = seed + 1; i < bytes.length; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0
        bytes[i] = state >>> 24
      }
      return bytes
    }
    const others = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`film ${i}.mp4`, noise(i)]))
    writeFileSync(join(study.folder, 'disk.zip'), zipSync({ ...others, one: image(0), two: image(1) }))
    const catalogue = await list()
    expect(catalogue.filesShown).toBe(2)
    expect(catalogue.skipped).toHaveLength(60)
    expect(new Set(catalogue.skipped.map(({ reason }) => reason))).toEqual(new Set(['Not a DICOM file.']))
  })

  it('that inflates without measure is refused entry by entry, and what is sound in it is shown', async () => {
    const zip = Buffer.from(zipSync({ bomb: Buffer.concat([image(0), Buffer.alloc(1000)]), good: image(1) }))
    // The central directory says 3 GB of the first entry.
    const central = zip.indexOf(Buffer.from([0x50, 0x4b, 1, 2]))
    zip.writeUInt32LE(3 * 2 ** 30, central + 24)
    writeFileSync(join(study.folder, 'b.zip'), zip)
    const catalogue = await list()
    expect(seriesOf(catalogue)).toMatchObject([{ files: 1 }])
    expect(catalogue.skipped).toEqual([
      { file: 'b.zip/bomb', reason: 'It inflates the archive far beyond what images do.' },
    ])
  })

  it('that is damaged, empty or locked is named with the reason', async () => {
    const whole = Buffer.from(zipSync({ one: image(0) }))
    writeFileSync(join(study.folder, 'cut.zip'), whole.subarray(0, whole.length - 30))
    writeFileSync(
      join(study.folder, 'empty.zip'),
      Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(20)]),
    )
    const locked = Buffer.from(whole)
    const central = locked.indexOf(Buffer.from([0x50, 0x4b, 1, 2]))
    locked.writeUInt16LE(1, central + 8)
    writeFileSync(join(study.folder, 'locked.zip'), locked)
    const rotten = Buffer.from(whole)
    rotten.fill(0xff, 60, 120)
    writeFileSync(join(study.folder, 'rotten.zip'), rotten)
    const catalogue = await list()
    expect(seriesOf(catalogue)).toEqual([])
    expect(catalogue.skipped.map(({ file }) => file)).toEqual([
      'cut.zip',
      'empty.zip',
      'locked.zip/one',
      'rotten.zip/one',
    ])
    expect(catalogue.skipped[0].reason).toContain('ZIP archive that cannot be read')
    expect(catalogue.skipped[2].reason).toBe('Protected by a password.')
    expect(catalogue.skipped[3].reason).toMatch(/Damaged|Not a DICOM/)
  })
})

describe('odd files', () => {
  const base: Elements = {
    '0008,0016': ['UI', '1.2.840.10008.5.1.4.1.1.2'],
    '0008,0060': ['CS', 'CT'],
    '0010,0020': ['LO', 'P1'],
    '0020,000d': ['UI', '2.25.1'],
    '0020,000e': ['UI', '2.25.2'],
    '0020,0032': ['DS', [0, 0, 0]],
    '0020,0037': ['DS', [1, 0, 0, 0, 1, 0]],
    '0028,0002': ['US', 1],
    '0028,0004': ['CS', 'MONOCHROME2'],
    '0028,0010': ['US', 6],
    '0028,0011': ['US', 8],
    '0028,0030': ['DS', [1, 1]],
    '0028,0100': ['US', 16],
    '0028,0101': ['US', 16],
    '0028,0102': ['US', 15],
    '0028,0103': ['US', 1],
  }
  const pixels = pixelsOf(5)
  const add = (more: Elements = {}, options: Parameters<typeof dicomFile>[1] = {}): string => {
    const path = join(study.folder, `F${study.files++}`)
    writeDicom(path, { ...base, '0008,0018': ['UI', uid()], ...more }, { pixels, ...options })
    return path
  }
  const first = async (): Promise<Catalogue['studies'][0]['series'][0]> => seriesOf(await list())[0]

  it('without a preamble are read from their first element', async () => {
    add({}, { preamble: false })
    add({}, { preamble: false, transferSyntax: syntax.implicit })
    const catalogue = await list()
    expect(seriesOf(catalogue)).toHaveLength(1)
    expect(seriesOf(catalogue)[0].files).toBe(2)
    expect(seriesOf(catalogue)[0].warnings.join()).toContain('no DICOM preamble')
  })

  it('with bytes after the data set are read with a warning', async () => {
    add({}, { trailing: Buffer.from('garbage that is no element') })
    expect((await first()).warnings.join()).toMatch(/26 bytes after the pixel data are not DICOM/)
  })

  it('with a header longer than 8 KB, and longer than 64 KB, are read', async () => {
    add({ '0009,0010': ['LO', 'X'], '0009,1001': ['OB', new Uint8Array(30_000)] })
    add({ '0009,0010': ['LO', 'X'], '0009,1001': ['OB', new Uint8Array(700_000)] })
    expect((await first()).files).toBe(2)
  })

  it('with a header that reaches to the very end of the first 8 KB are read', async () => {
    const path = add()
    const start = execFileSync('cat', [path]).length - pixels.byteLength - 12
    for (const missing of [-2, 0, 2, 4, 6, 8, 10, 12, 14]) {
      add({ '0009,1001': ['OB', new Uint8Array(8192 - start - 12 + missing)] })
    }
    expect((await first()).files).toBe(10)
  })

  it('with a sequence of unknown length across the first 8 KB are read', async () => {
    const items = Array.from({ length: 900 }, (_, i): Elements => ({ '0008,0104': ['LO', `item ${i}`] }))
    const open = elementsBytes({ '0008,1110': ['SQ', items] }, { explicit: true, little: true })
    Buffer.from(open.buffer, open.byteOffset).writeUInt32LE(0xffffffff, 8)
    const end = Buffer.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0])
    const rest = elementsBytes(base, { explicit: true, little: true })
    const file = Buffer.from(dicomFile(base, { pixels }))
    const at = file.indexOf(rest.subarray(0, 40))
    const split =
      at +
      elementsBytes(
        { '0008,0016': base['0008,0016'], '0008,0060': base['0008,0060'] },
        { explicit: true, little: true },
      ).length
    writeFileSync(
      join(study.folder, 'S'),
      Buffer.concat([file.subarray(0, split), open, end, file.subarray(split)]),
    )
    expect(await first()).toMatchObject({ files: 1, size: [8, 6, 1] })
  })

  it('whose text is hostile keep it as text on one line', async () => {
    add({ '0008,103e': ['LO', '<img src=x onerror=alert(1)>\u0000\u001b[2J\n=cmd()'] })
    expect((await first()).description).toBe('<img src=x onerror=alert(1)>  [2J =cmd()')
  })

  it.each([
    ['UTF-8', 'ISO_IR 192', Buffer.from('Müller^Jörg'), 'Müller^Jörg'],
    ['Latin-1', 'ISO_IR 100', Buffer.from('Müller^Jörg', 'latin1'), 'Müller^Jörg'],
    ['Japanese', '\\ISO 2022 IR 87', Buffer.from('1b24423b33451b2842', 'hex'), '山田'.slice(0, 1)],
    ['Korean', '\\ISO 2022 IR 149', Buffer.from('1b242943b1e8', 'hex'), '김'],
    ['Chinese', 'GB18030', Buffer.from('cdf5', 'hex'), '王'],
    ['no set named but UTF-8', '', Buffer.from('Müller'), 'Müller'],
  ])('with names in %s are read', async (_, set, bytes, name) => {
    add({ '0008,0005': ['CS', set], '0010,0010': ['PN', Uint8Array.from(bytes)] })
    expect((await list()).studies[0].patientName).toContain(name)
  })

  it.each([
    [
      'a length beyond the end',
      (bytes: Buffer) => bytes.writeUInt16LE(60_000, bytes.indexOf('LO') + 2),
      /claims 60000 bytes/,
    ],
    [
      'no rows',
      (bytes: Buffer) => bytes.writeUInt16LE(0, bytes.indexOf(Buffer.from([0x28, 0, 0x10, 0])) + 8),
      /Rows × Columns.*8 × 0|0 × 8/,
    ],
    [
      'another number of bits',
      (bytes: Buffer) => bytes.writeUInt16LE(12, bytes.indexOf(Buffer.from([0x28, 0, 0, 1])) + 8),
      /Bits Allocated.*12/,
    ],
  ])('with %s are refused with the reason', async (_, damage, reason) => {
    const bytes = Buffer.from(dicomFile(base, { pixels }))
    damage(bytes)
    writeFileSync(join(study.folder, 'D'), bytes)
    const { skipped } = await list()
    expect(skipped).toHaveLength(1)
    expect(skipped[0].reason).toMatch(reason)
  })

  it.each(['1.2.840.113619.5.2', '1.2.840.10008.1.2.4.102', '9.9'])(
    'in the transfer syntax %s are refused by its name',
    async (transferSyntax) => {
      add({}, { transferSyntax })
      const { skipped } = await list()
      expect(skipped[0].reason).toContain(transferSyntax)
    },
  )

  it('with sequences nested 20,000 deep are refused or read, at once', async () => {
    const depth = 20_000
    const open = Buffer.from([
      0x40, 0, 0x30, 0xa7, 0x53, 0x51, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xff, 0, 0xe0, 0xff, 0xff, 0xff,
      0xff,
    ])
    const nested = Buffer.concat(Array.from({ length: depth }, () => open))
    const file = Buffer.from(dicomFile({ '0008,0016': base['0008,0016'] }))
    writeFileSync(join(study.folder, 'N'), Buffer.concat([file, nested]))
    const start = performance.now()
    const { skipped, filesShown } = await list()
    expect(performance.now() - start).toBeLessThan(4000)
    if (filesShown === 0) expect(skipped[0].reason).toContain('nested too deeply')
  })
})

describe('a file on which a reader hangs or dies', () => {
  it('is named, and the others are read', async () => {
    const [good] = addSmallSeries()
    // Ten million empty elements in one sequence: honest to the letter, and no header of this world.
    const items = Buffer.alloc(8 * 6_000_000)
    for (let at = 0; at < items.length; at += 8) items.writeUInt32LE(0xe000fffe, at)
    const sequence = Buffer.alloc(12)
    sequence.writeUInt32LE(0xa7300040, 0)
    sequence.write('SQ', 4)
    sequence.writeUInt32LE(items.length, 8)
    const file = Buffer.from(dicomFile({ '0008,0016': ['UI', '1.2.840.10008.5.1.4.1.1.2'] }))
    const bad = join(study.folder, 'bad')
    writeFileSync(bad, Buffer.concat([file, sequence, items]))
    const pool = openReaderPool(1, { file: 700, batch: 1500, pixels: 1000 })
    try {
      const outcomes = await pool.readHeaders([good, bad, good])
      expect(outcomes[0]).toHaveProperty('header')
      expect(outcomes[1]).toMatchObject({
        skipped: expect.stringMatching(/took too long|ended the reader/) as string,
      })
      expect(outcomes[2]).toHaveProperty('header')
    } finally {
      await pool.close()
    }
  })
})

describe('a large study', () => {
  it('of 3,000 files is listed with each in its place', async () => {
    for (let frame = 0; frame < 150; frame++) {
      for (let slice = 0; slice < 20; slice++) {
        addPicture(study, { code: 0, position: [0, 0, 5 * slice], time: clockTime(elevenOClock + frame) })
      }
    }
    expect(seriesOf(await list())).toMatchObject([{ kind: 'ct-perfusion', files: 3000, timePoints: 150 }])
  })
})
