import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { parseDicom, type DataSet } from 'dicom-parser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  frameRenderer,
  makePhantom,
  phantomOptions,
  writePhantomStudy,
  type Phantom,
  type PhantomRequest,
} from '../../../src-main/engine/phantom'
import { voxelToWorld } from '../../../src-main/engine/volume'

interface Written {
  phantom: Phantom
  files: { path: string; data: DataSet }[]
}

let root = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'umbra-phantom-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const nested = entries.map((entry) =>
    entry.isDirectory() ? filesUnder(join(folder, entry.name)) : [join(folder, entry.name)],
  )
  return (await Promise.all(nested)).flat().sort()
}

async function write(name: string, request: PhantomRequest): Promise<Written> {
  const small = { size: 32, slices: 4, volumes: 3, noise: 2, lesion: 'none' } as const
  const phantom = await makePhantom(phantomOptions({ ...small, ...request }))
  const directory = join(root, name)
  await writePhantomStudy(phantom, directory)
  const folder = join(directory, 'dicom')
  const paths = await filesUnder(folder)
  const files = paths.map(async (path) => ({
    path: relative(folder, path).replace(/\\/g, '/'),
    data: parseDicom(await readFile(path)),
  }))
  return { phantom, files: await Promise.all(files) }
}

const text = (data: DataSet, tag: string): string => data.string(tag) ?? ''
const number = (data: DataSet, tag: string): number => Number(data.string(tag))
const height = (data: DataSet): number => Number(text(data, 'x00200032').split('\\')[2])
const distinct = <T>(values: T[]): T[] => [...new Set(values)]

/** Values of a classic file in HU, with what its tags say of them. */
function hounsfield(data: DataSet): number[] {
  const { dataOffset, length } = data.elements.x7fe00010
  const bytes = data.byteArray
  const view = new DataView(bytes.buffer, bytes.byteOffset + dataOffset, length)
  const signed = data.uint16('x00280103') === 1
  const slope = data.string('x00281053') === undefined ? 1 : number(data, 'x00281053')
  const intercept = data.string('x00281052') === undefined ? 0 : number(data, 'x00281052')
  return Array.from({ length: length / 2 }, (_, i) => {
    const stored = signed ? view.getInt16(2 * i, true) : view.getUint16(2 * i, true)
    return stored * slope + intercept
  })
}

/** Every file's pixels against the renderer, the file's place in time and space taken from its tags. */
function expectRendered({ phantom, files }: Written, frameOf: (data: DataSet) => number): void {
  const render = frameRenderer(phantom)
  const [nx, ny, nz] = phantom.geometry.size
  const heights = Array.from({ length: nz }, (_, k) => voxelToWorld(phantom.geometry, [0, 0, k])[2])
  for (const { data } of files) {
    const slice = heights.findIndex((z) => Math.abs(z - height(data)) < 1e-6)
    const expected = render(frameOf(data)).subarray(slice * nx * ny, (slice + 1) * nx * ny)
    const padding = data.elements.x00280120 ? data.int16('x00280120') : undefined
    const differing = hounsfield(data).filter((value, i) => {
      const padded = padding !== undefined && value === padding - 1024
      return !padded && value !== expected[i]
    })
    expect(differing).toEqual([])
  }
}

describe('GE style', () => {
  let written: Written
  const bySlice = (): DataSet[] =>
    written.files.map(({ data }) => data).sort((a, b) => number(a, 'x00200013') - number(b, 'x00200013'))
  beforeAll(async () => {
    written = await write('ge', { vendor: 'ge', interval: 0.5 })
  })

  it('is one series, numbered through all times of a slice before the next', () => {
    expect(distinct(bySlice().map((data) => text(data, 'x0020000e')))).toHaveLength(1)
    expect(bySlice().map((data) => number(data, 'x00200013'))).toEqual(
      Array.from({ length: 12 }, (_, i) => i + 1),
    )
    expect(bySlice().map(height)).toEqual([-18, -18, -18, -13, -13, -13, -8, -8, -8, -3, -3, -3])
  })

  it('tells time by nothing but the times of day', () => {
    for (const tag of ['x00200100', 'x00200105', 'x00181060', 'x00189074']) {
      expect(bySlice().every((data) => data.elements[tag] === undefined)).toBe(true)
    }
    expect(distinct(bySlice().map((data) => text(data, 'x00200012')))).toEqual(['1'])
    expect(
      bySlice()
        .slice(0, 3)
        .map((data) => text(data, 'x00080032')),
    ).toEqual(['101530.000000', '101530.500000', '101531.000000'])
    for (const data of bySlice()) expect(text(data, 'x00080033')).toBe(text(data, 'x00080032'))
  })

  it('holds the rendered pixels, signed, with padding outside the circle of reconstruction', () => {
    expectRendered(written, (data) => (number(data, 'x00200013') - 1) % 3)
    const corner = hounsfield(written.files[0].data)[0]
    expect(corner).toBe(-2000 - 1024)
    expect(written.files[0].data.uint16('x00280103')).toBe(1)
  })
})

describe('Siemens style', () => {
  it('is a series for every time point, in one frame of reference, with rising numbers', async () => {
    const written = await write('siemens', { vendor: 'siemens' })
    const series = new Map<string, DataSet[]>()
    for (const { data } of written.files) {
      const uid = text(data, 'x0020000e')
      series.set(uid, [...(series.get(uid) ?? []), data])
    }
    expect(series.size).toBe(3)
    const inOrder = [...series.values()].sort((a, b) => number(a[0], 'x00200011') - number(b[0], 'x00200011'))
    expect(inOrder.map((files) => text(files[0], 'x00080032'))).toEqual([
      '101530.000000',
      '101531.000000',
      '101532.000000',
    ])
    expect(inOrder.map((files) => distinct(files.map((data) => text(data, 'x00200011'))))).toEqual([
      ['4'],
      ['5'],
      ['6'],
    ])
    for (const files of inOrder) {
      expect(files.map((data) => number(data, 'x00200013')).sort()).toEqual([1, 2, 3, 4])
    }
    expect(distinct(written.files.map(({ data }) => text(data, 'x00200052')))).toHaveLength(1)
    expectRendered(written, (data) => number(data, 'x00200011') - 4)
  })
})

describe('Philips style', () => {
  it('numbers temporal positions and runs from the head down', async () => {
    const written = await write('philips', { vendor: 'philips' })
    const inOrder = written.files
      .map(({ data }) => data)
      .sort((a, b) => number(a, 'x00200013') - number(b, 'x00200013'))
    expect(inOrder.map(height)).toEqual([-3, -8, -13, -18, -3, -8, -13, -18, -3, -8, -13, -18])
    expect(inOrder.map((data) => number(data, 'x00200100'))).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3])
    expect(distinct(inOrder.map((data) => text(data, 'x00200105')))).toEqual(['3'])
    expectRendered(written, (data) => number(data, 'x00200100') - 1)
  })
})

describe('Canon style', () => {
  interface Frame {
    moment: string
    position: string
    pixels: number[]
  }
  function framesOf(data: DataSet): Frame[] {
    const count = number(data, 'x00280008')
    const groups = data.elements.x52009230.items ?? []
    expect(groups).toHaveLength(count)
    const { dataOffset, length } = data.elements.x7fe00010
    const view = new DataView(data.byteArray.buffer, data.byteArray.byteOffset + dataOffset, length)
    const perFrame = length / 2 / count
    const inside = (item: DataSet | undefined, sequence: string, tag: string): string =>
      item?.elements[sequence].items?.[0].dataSet?.string(tag) ?? ''
    return groups.map(({ dataSet }, frame) => ({
      moment: inside(dataSet, 'x00209111', 'x00189074'),
      position: inside(dataSet, 'x00209113', 'x00200032'),
      pixels: Array.from(
        { length: perFrame },
        (_, i) => view.getUint16(2 * (frame * perFrame + i), true) - 1024,
      ),
    }))
  }

  it.each([
    ['a multi-frame file for every time point', false, 3],
    ['one multi-frame file for all time points', true, 1],
  ])('is %s', async (_title, oneFile, files) => {
    const written = await write(`canon-${oneFile}`, { vendor: 'canon', oneFile })
    expect(written.files).toHaveLength(files)
    expect(distinct(written.files.map(({ data }) => text(data, 'x0020000e')))).toHaveLength(1)
    const frames = written.files.flatMap(({ data }) => framesOf(data))
    expect(frames.map((frame) => frame.moment.slice(8, 14))).toEqual(
      ['101530', '101531', '101532'].flatMap((time) => Array<string>(4).fill(time)),
    )
    expect(frames.slice(0, 4).map((frame) => Number(frame.position.split('\\')[2]))).toEqual([
      -18, -13, -8, -3,
    ])
    const render = frameRenderer(written.phantom)
    frames.forEach((frame, index) => {
      const expected = render(Math.floor(index / 4)).subarray((index % 4) * 1024, (index % 4) * 1024 + 1024)
      expect(frame.pixels).toEqual(Array.from(expected))
    })
  })
})

describe('habits of any vendor', () => {
  const times = ({ files }: Written): string[] =>
    distinct(files.map(({ data }) => text(data, 'x00080032'))).sort()

  it('passes midnight: the time of day starts again, the date goes on', async () => {
    const { files } = await write('midnight', { startTime: '23:59:59', vendor: 'philips' })
    const moments = distinct(
      files.map(({ data }) => `${text(data, 'x00080022')} ${text(data, 'x00080032')}`),
    ).sort()
    expect(moments).toEqual(['20240115 235959.000000', '20240116 000000.000000', '20240116 000001.000000'])
  })

  it('scans two phases, the later one slower', async () => {
    const written = await write('two-phase', {
      volumes: 6,
      interval: 1,
      lateInterval: 3,
      lateFrom: 3,
      slices: 1,
    })
    expect(times(written)).toEqual(
      ['101530', '101531', '101532', '101533', '101536', '101539'].map((time) => `${time}.000000`),
    )
  })

  it('scans two slabs in turn, the upper one half an interval later', async () => {
    const { files, phantom } = await write('shuttle', { shuttle: true, interval: 3 })
    const upper = files.filter(({ data }) => height(data) > -12).map(({ data }) => text(data, 'x00080032'))
    const lower = files.filter(({ data }) => height(data) < -12).map(({ data }) => text(data, 'x00080032'))
    expect(distinct(lower).sort()).toEqual(['101530.000000', '101533.000000', '101536.000000'])
    expect(distinct(upper).sort()).toEqual(['101531.500000', '101534.500000', '101537.500000'])
    expect(Array.from(phantom.times.slice(0, 4))).toEqual([0, 0, 1.5, 1.5])
  })

  it('jitters, and the times in the files are those of the images', async () => {
    const written = await write('jitter', { jitter: 0.3, volumes: 5, slices: 1, interval: 1 })
    const seconds = times(written).map((time) => Number(time.slice(4)) - 30)
    seconds.forEach((value, i) => expect(value).toBeCloseTo(written.phantom.times[i], 6))
    expect(
      new Set(seconds.map((value, i) => (value - (seconds[i - 1] ?? -1)).toFixed(3))).size,
    ).toBeGreaterThan(2)
  })

  it('tilts the gantry: the planes turn, the table still moves along z', async () => {
    const { files } = await write('tilt', { tilt: 20, slices: 3, volumes: 1 })
    const angle = (20 * Math.PI) / 180
    const orientation = text(files[0].data, 'x00200037').split('\\').map(Number)
    ;[1, 0, 0, 0, Math.cos(angle), -Math.sin(angle)].forEach((v, i) =>
      expect(orientation[i]).toBeCloseTo(v, 8),
    )
    const origins = files.map(({ data }) => text(data, 'x00200032').split('\\').map(Number))
    expect(origins[1][0]).toBe(origins[0][0])
    expect(origins[1][1]).toBe(origins[0][1])
    expect(Math.abs(origins[1][2] - origins[0][2])).toBeCloseTo(5 / Math.cos(angle), 8)
    expect(number(files[0].data, 'x00181120')).toBe(20)
  })

  it('turns the planes of a reformatted series, and the steps with them', async () => {
    const { phantom, files } = await write('oblique', { oblique: 30, slices: 2, volumes: 1 })
    const origins = files.map(({ data }) => text(data, 'x00200032').split('\\').map(Number))
    const step = origins[1].map((value, axis) => value - origins[0][axis])
    const [x, y] = phantom.geometry.direction
    for (const axis of [x, y]) {
      expect(axis.reduce((sum, value, i) => sum + value * step[i], 0)).toBeCloseTo(0, 8)
    }
    expect(Math.hypot(...step)).toBeCloseTo(5, 8)
  })

  it('rescales every slice in its own way and loses nothing', async () => {
    const written = await write('rescale', { rescalePerSlice: true, vendor: 'philips' })
    const rescales = distinct(
      written.files.map(({ data }) => `${text(data, 'x00281053')} ${text(data, 'x00281052')}`),
    )
    expect(rescales).toHaveLength(4)
    expectRendered(written, (data) => number(data, 'x00200100') - 1)
  })

  it.each(['ge', 'siemens', 'philips'] as const)(
    'writes DSC-MRI in %s style, one series of MR images',
    async (vendor) => {
      const written = await write(`mr-${vendor}`, { modality: 'mr', vendor })
      expect(distinct(written.files.map(({ data }) => text(data, 'x0020000e')))).toHaveLength(1)
      expect(distinct(written.files.map(({ data }) => text(data, 'x00080016')))).toEqual([
        '1.2.840.10008.5.1.4.1.1.4',
      ])
      expect(number(written.files[0].data, 'x00180081')).toBe(30)
      expectRendered(written, (data) => Math.round(Number(text(data, 'x00080032').slice(4)) - 30))
    },
  )

  it('names no person', async () => {
    const { files } = await write('names', { volumes: 1, slices: 1 })
    expect(text(files[0].data, 'x00100010')).toBe('PHANTOM^HEAD')
    expect(text(files[0].data, 'x00081030')).toContain('research use only')
  })
})

it('gives every object a UID of its own', async () => {
  const written = await write('uids', { vendor: 'siemens' })
  const uids = written.files.map(({ data }) => text(data, 'x00080018'))
  expect(new Set(uids).size).toBe(uids.length)
  for (const { data } of written.files) {
    expect(text(data, 'x00020003')).toBe(text(data, 'x00080018'))
    expect(text(data, 'x00080018')).toMatch(/^2\.25\.\d{39}$/)
  }
})
