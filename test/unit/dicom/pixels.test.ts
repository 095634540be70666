import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import createCharls from '@cornerstonejs/codec-charls/wasmjs'
import createOpenJpeg from '@cornerstonejs/codec-openjpeg/wasmjs'
import createOpenJph from '@cornerstonejs/codec-openjph/wasmjs'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { openStudy, type OpenStudy } from '../../../src-main/engine/dicom'
import type { VolumeSeries } from '../../../src-main/engine/volume'
import { encapsulated, syntax, type Elements, type FileOptions } from './build'
import { addPicture, columns, newStudy, rows, type Study } from './studies'

const root = mkdtempSync(join(tmpdir(), 'umbra-pixels-'))
let study: Study
let count = 0
beforeEach(() => {
  study = newStudy(join(root, String(count++)))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function withStudy<T>(work: (opened: OpenStudy) => Promise<T>): Promise<T> {
  const opened = await openStudy([study.folder])
  try {
    return await work(opened)
  } finally {
    await opened.close()
  }
}

const loadFirst = (): Promise<VolumeSeries> =>
  withStudy((opened) => opened.load(opened.catalogue.studies[0].series[0].key))

/** Values in their unit, as the series says they are to be read. */
const values = ({ voxels, slope, intercept }: VolumeSeries): number[] =>
  Array.from(voxels, (voxel) => voxel * slope + intercept)

const pixels = columns * rows
const ramp = Uint16Array.from({ length: pixels }, (_, i) => i * 80)

/** Large enough for the resolution levels of JPEG 2000. */
const wide: [number, number] = [64, 48]
const picture = Uint16Array.from({ length: 64 * 48 }, (_, i) => (i * 37) % 4096)

function add(file: FileOptions, more: Elements = {}, slice = 0, size?: [number, number]): string {
  return addPicture(study, { code: 0, position: [0, 0, 5 * slice], more, file, size })
}

const bits = (stored: number, signed: 0 | 1 = 0, allocated = 16): Elements => ({
  '0028,0100': ['US', allocated],
  '0028,0101': ['US', stored],
  '0028,0102': ['US', stored - 1],
  '0028,0103': ['US', signed],
})
const rescale = (slope: string, intercept: string): Elements => ({
  '0028,1053': ['DS', slope],
  '0028,1052': ['DS', intercept],
})

describe('values keep their unit without loss', () => {
  it('as the 16-bit integers they are stored as', async () => {
    add({ pixels: ramp })
    const series = await loadFirst()
    expect(series.voxels).toBeInstanceOf(Int16Array)
    expect(series.voxels.buffer).toBeInstanceOf(SharedArrayBuffer)
    expect(series).toMatchObject({ slope: 1, intercept: -1024, unit: 'HU', frames: 1 })
    expect(values(series)).toEqual(Array.from(ramp, (value) => value - 1024))
  })

  it('with all 16 bits and no sign, moved into the signed range', async () => {
    const full = Uint16Array.from({ length: pixels }, (_, i) => (i * 1400) % 65536)
    full[1] = 65535
    add({ pixels: full }, bits(16))
    const series = await loadFirst()
    expect(series.voxels).toBeInstanceOf(Int16Array)
    expect(values(series)).toEqual(Array.from(full, (value) => value - 1024))
  })

  it('with a slope of 0.1 HU', async () => {
    add({ pixels: ramp }, rescale('0.1', '-100'))
    const series = await loadFirst()
    expect(series).toMatchObject({ slope: 0.1, intercept: -100 })
    expect(series.voxels).toBeInstanceOf(Int16Array)
  })

  it('with slopes and intercepts that change from slice to slice by whole steps', async () => {
    const small = Uint16Array.from({ length: pixels }, (_, i) => i)
    add({ pixels: small }, rescale('1', '-1024'), 0)
    add({ pixels: small }, rescale('2', '-1000'), 1)
    add({ pixels: small }, rescale('0.5', '-1024.5'), 2)
    const series = await loadFirst()
    expect(series.voxels).toBeInstanceOf(Int16Array)
    const expected = [
      ...Array.from(small, (value) => value - 1024),
      ...Array.from(small, (value) => 2 * value - 1000),
      ...Array.from(small, (value) => 0.5 * value - 1024.5),
    ]
    expect(values(series)).toEqual(expected)
  })

  it('with slopes that have nothing in common, as 32-bit floats', async () => {
    add({ pixels: ramp }, rescale('1', '0'), 0)
    add({ pixels: ramp }, rescale('1.37719', '0.123'), 1)
    const series = await loadFirst()
    expect(series.voxels).toBeInstanceOf(Float32Array)
    expect(values(series)[pixels + 5]).toBeCloseTo(ramp[5] * 1.37719 + 0.123, 3)
  })

  it('with a common step but more than 16 bits of range, as 32-bit floats', async () => {
    const full = Uint16Array.from({ length: pixels }, (_, i) => (i % 2 === 0 ? 0 : 65535))
    add({ pixels: full }, { ...bits(16), ...rescale('1', '0') }, 0)
    add({ pixels: full }, { ...bits(16), ...rescale('1', '5000') }, 1)
    const series = await loadFirst()
    expect(series.voxels).toBeInstanceOf(Float32Array)
    expect(values(series).slice(0, 2)).toEqual([0, 65535])
    expect(values(series)[pixels + 1]).toBe(70535)
  })

  it('as signed values whose sign is bit 11, with garbage in the bits above', async () => {
    const signed = Int16Array.from({ length: pixels }, (_, i) => i * 80 - 2000)
    const garbage = Uint16Array.from(signed, (value, i) => (value & 0x0fff) | ((i % 16) << 12))
    add({ pixels: garbage }, { ...bits(12, 1), ...rescale('1', '0') })
    expect(values(await loadFirst())).toEqual(Array.from(signed))
  })

  it('as unsigned values with garbage in the bits above', async () => {
    const garbage = Uint16Array.from(ramp, (value, i) => value | ((i % 16) << 12))
    add({ pixels: garbage }, rescale('1', '0'))
    expect(values(await loadFirst())).toEqual(Array.from(ramp))
  })

  it('stored in the high bits', async () => {
    const high = Uint16Array.from(ramp, (value) => value << 4)
    add({ pixels: high }, { ...rescale('1', '0'), '0028,0102': ['US', 15] })
    expect(values(await loadFirst())).toEqual(Array.from(ramp))
  })

  it('stored in 8 bits, and in 32', async () => {
    const bytes = Uint8Array.from({ length: pixels }, (_, i) => i * 5)
    add({ pixels: bytes }, { ...bits(8, 0, 8), ...rescale('1', '0') })
    expect(values(await loadFirst())).toEqual(Array.from(bytes))
    study = newStudy(join(root, String(count++)))
    const long = Uint32Array.from({ length: pixels }, (_, i) => i * 100_000)
    add({ pixels: long }, { ...bits(32, 0, 32), ...rescale('1', '0') })
    const series = await loadFirst()
    expect(series.voxels).toBeInstanceOf(Float32Array)
    expect(values(series)).toEqual(Array.from(long))
  })

  it('of MONOCHROME1, which is how to show them and not what they are', async () => {
    add({ pixels: ramp }, { '0028,0004': ['CS', 'MONOCHROME1'] })
    expect(values(await loadFirst())).toEqual(Array.from(ramp, (value) => value - 1024))
    const [plain, shown] = await withStudy(async (opened) => {
      const { key } = opened.catalogue.studies[0].series[0]
      return [await opened.load(key), await opened.thumbnail(key)] as const
    })
    expect(plain.voxels[0]).toBeLessThan(plain.voxels[pixels - 1])
    expect(shown.pixels[0]).toBeGreaterThan(shown.pixels[shown.pixels.length - 1])
  })
})

describe('padding', () => {
  it('below what tissue can have stays as it is', async () => {
    const signed = Int16Array.from({ length: pixels }, (_, i) => (i === 0 ? -2000 : i))
    add({ pixels: signed }, { ...bits(16, 1), ...rescale('1', '0'), '0028,0120': ['SS', -2000] })
    expect(values(await loadFirst())[0]).toBe(-2000)
  })

  it('that would shine brighter than bone becomes air', async () => {
    const padded = Uint16Array.from({ length: pixels }, (_, i) => (i === 0 ? 65535 : i))
    add({ pixels: padded }, { ...bits(16), ...rescale('1', '-1024'), '0028,0120': ['US', 65535] })
    const found = values(await loadFirst())
    expect(found[0]).toBe(-1024)
    expect(found[1]).toBe(1 - 1024)
  })
})

describe('transfer syntaxes', () => {
  const expected = Array.from(ramp, (value) => value - 1024)

  it.each([
    ['implicit little endian', syntax.implicit],
    ['explicit little endian', syntax.explicit],
    ['explicit big endian', syntax.bigEndian],
  ])('%s', async (_, transferSyntax) => {
    add({ pixels: ramp, transferSyntax })
    expect(values(await loadFirst())).toEqual(expected)
  })

  it('deflated', async () => {
    add({ pixels: ramp, transferSyntax: syntax.deflated, deflate: (bytes) => deflateRawSync(bytes) })
    expect(values(await loadFirst())).toEqual(expected)
  })

  it('RLE', async () => {
    add({ encapsulated: encapsulated([[rle(ramp)]]), transferSyntax: syntax.rle })
    expect(values(await loadFirst())).toEqual(expected)
  })

  it.each([
    ['JPEG-LS', syntax.jpegLs],
    ['JPEG 2000', syntax.jpeg2000],
    ['High-Throughput JPEG 2000', syntax.htj2k],
  ])('%s, in one fragment and in three', async (_, transferSyntax) => {
    const compressed = await compress(picture, transferSyntax)
    add({ encapsulated: encapsulated([[compressed]]), transferSyntax }, {}, 0, wide)
    const third = 2 * Math.floor(compressed.length / 6)
    const parts = [
      compressed.subarray(0, third),
      compressed.subarray(third, 2 * third),
      compressed.subarray(2 * third),
    ]
    add({ encapsulated: encapsulated([parts]), transferSyntax }, {}, 1, wide)
    const once = Array.from(picture, (value) => value - 1024)
    expect(values(await loadFirst())).toEqual([...once, ...once])
  })

  it.each([true, false])('several frames of several fragments (offset table: %s)', async (offsetTable) => {
    const second = picture.slice().reverse()
    const frames = [await compress(picture, syntax.jpegLs), await compress(second, syntax.jpegLs)]
    const halves = frames.map((frame) => [frame.subarray(0, 20), frame.subarray(20)])
    add(
      { encapsulated: encapsulated(halves, offsetTable), transferSyntax: syntax.jpegLs },
      { '0028,0008': ['IS', '2'], '0008,0060': ['CS', 'OT'] },
      0,
      wide,
    )
    expect(values(await loadFirst())).toEqual([...picture, ...second].map((value) => value - 1024))
  })
})

describe('damaged pixels are refused by file and tag', () => {
  const failure = async (): Promise<unknown> => loadFirst().catch((thrown: unknown) => thrown)

  it('when an uncompressed file is cut off', async () => {
    const path = add({ pixels: ramp })
    truncateSync(path, readFileSync(path).length - 1)
    const { catalogue } = await withStudy(async (opened) => opened)
    expect(catalogue.studies).toEqual([])
    expect(catalogue.skipped).toEqual([
      { file: 'IM00001', reason: 'Pixel Data (7FE0,0010) is cut off: 95 of 96 bytes are there (truncated).' },
    ])
  })

  it('when a file is cut off after it was opened', async () => {
    const path = add({ pixels: ramp })
    const error = await withStudy(async (opened) => {
      truncateSync(path, readFileSync(path).length - 10)
      return opened.load(opened.catalogue.studies[0].series[0].key).catch((thrown: unknown) => thrown)
    })
    expect(error).toMatchObject({ code: 'pixels-unreadable', where: 'IM00001' })
    expect((error as Error).message).toContain('(7FE0,0010)')
  })

  it.each([
    ['JPEG-LS', syntax.jpegLs],
    ['JPEG 2000', syntax.jpeg2000],
    ['High-Throughput JPEG 2000', syntax.htj2k],
  ])('when a %s codestream is cut off', async (_, transferSyntax) => {
    const compressed = await compress(ramp, transferSyntax)
    add({ encapsulated: encapsulated([[compressed.subarray(0, compressed.length - 12)]]), transferSyntax })
    expect(await failure()).toMatchObject({ code: 'pixels-unreadable', where: 'IM00001' })
  })

  it('when an RLE segment ends early', async () => {
    const compressed = rle(ramp)
    add({
      encapsulated: encapsulated([[compressed.subarray(0, compressed.length - 6)]]),
      transferSyntax: syntax.rle,
    })
    expect(await failure()).toMatchObject({ code: 'pixels-unreadable', where: 'IM00001' })
  })

  it('when the compressed picture has another size than the header', async () => {
    const compressed = await compress(ramp.subarray(0, 24), syntax.jpegLs, 8, 3)
    add({ encapsulated: encapsulated([[compressed]]), transferSyntax: syntax.jpegLs })
    expect(((await failure()) as Error).message).toContain('8 × 3')
  })

  it('when a small file claims an enormous picture', async () => {
    add(
      { encapsulated: encapsulated([[rle(ramp)]]), transferSyntax: syntax.rle },
      { '0028,0010': ['US', 65535], '0028,0011': ['US', 65535] },
    )
    expect(await failure()).toMatchObject({ code: 'not-loadable' })
  })

  it('when a deflated data set is cut off', async () => {
    const path = add({
      pixels: ramp,
      transferSyntax: syntax.deflated,
      deflate: (bytes) => deflateRawSync(bytes),
    })
    const whole = readFileSync(path)
    writeFileSync(path, whole.subarray(0, whole.length - 30))
    const { catalogue } = await withStudy(async (opened) => opened)
    expect(catalogue.skipped).toEqual([
      { file: 'IM00001', reason: expect.stringContaining('deflated') as string },
    ])
  })
})

describe('a deflated data set that inflates to 256 MB', () => {
  const bomb = Buffer.alloc(256 * 2 ** 20)
  const deflated: Partial<FileOptions> = { transferSyntax: syntax.deflated, pixels: ramp }

  it('is read as far as its picture needs', async () => {
    add({ ...deflated, deflate: (bytes) => deflateRawSync(Buffer.concat([bytes, bomb]), { level: 1 }) })
    const before = process.memoryUsage().rss
    expect(values(await loadFirst())).toEqual(Array.from(ramp, (value) => value - 1024))
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20)
  })

  it('is refused where its header has no end', async () => {
    add(
      { ...deflated, deflate: (bytes) => deflateRawSync(bytes, { level: 1 }) },
      { '0009,1010': ['OB', bomb] },
    )
    const before = process.memoryUsage().rss
    const { catalogue } = await withStudy(async (opened) => opened)
    expect(catalogue.skipped[0].reason).toMatch(/64 MB|claims/)
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20)
  })
})

describe('what is not a measurement', () => {
  it('is listed with the reason and refused', async () => {
    add(
      { pixels: new Uint8Array(pixels * 3) },
      { ...bits(8, 0, 8), '0028,0002': ['US', 3], '0028,0004': ['CS', 'RGB'] },
    )
    await withStudy(async (opened) => {
      const [series] = opened.catalogue.studies[0].series
      expect(series).toMatchObject({ kind: 'other', reason: 'A colour picture, not a measurement.' })
      await expect(opened.load(series.key)).rejects.toMatchObject({ code: 'not-loadable' })
    })
  })
})

/** PS3.5 Annex G: a header of offsets, then the high bytes and the low bytes, here in runs and literals by turns. */
function rle(samples: Uint16Array): Uint8Array {
  const segment = (bytes: number[]): number[] => {
    const packed: number[] = []
    for (let i = 0; i < bytes.length;) {
      let run = 1
      while (run < 128 && bytes[i + run] === bytes[i]) run++
      if (run > 1) packed.push(257 - run, bytes[i])
      else packed.push(0, bytes[i])
      i += run
    }
    if (packed.length % 2 === 1) packed.push(128)
    return packed
  }
  const high = segment(Array.from(samples, (value) => value >> 8))
  const low = segment(Array.from(samples, (value) => value & 255))
  const header = new Uint32Array(16)
  header.set([2, 64, 64 + high.length])
  return Buffer.concat([new Uint8Array(header.buffer), Buffer.from(high), Buffer.from(low)])
}

async function compress(
  samples: Uint16Array,
  transferSyntax: string,
  width = wide[0],
  height = wide[1],
): Promise<Uint8Array> {
  const silent = { print: (): void => undefined, printErr: (): void => undefined }
  const encoders: Record<string, () => Promise<WasmEncoder>> = {
    [syntax.jpegLs]: async () => new (await createCharls(silent)).JpegLSEncoder(),
    [syntax.jpeg2000]: async () => new (await createOpenJpeg(silent)).J2KEncoder(),
    [syntax.htj2k]: async () => new (await createOpenJph(silent)).HTJ2KEncoder(),
  }
  const encoder = await encoders[transferSyntax]()
  const image = {
    width,
    height,
    bitsPerSample: 16,
    componentCount: 1,
    isSigned: false,
    isUsingColorTransform: false,
  }
  encoder.getDecodedBuffer(image).set(new Uint8Array(samples.slice().buffer))
  encoder.encode()
  const compressed = Uint8Array.from(encoder.getEncodedBuffer())
  encoder.delete()
  return compressed
}
