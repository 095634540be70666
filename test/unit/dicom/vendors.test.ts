import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { SeriesSummary } from '@contract'
import { openStudy, type OpenStudy } from '../../../src-main/engine/dicom'
import { frameOf, type VolumeSeries } from '../../../src-main/engine/volume'
import { ctImage, enhancedCt, uid, writeDicom, type Elements } from './build'
import { addPicture, clockTime, columns, elevenOClock, newStudy, pixelsOf, rows, type Study } from './studies'

const root = mkdtempSync(join(tmpdir(), 'umbra-vendors-'))
let study: Study
let count = 0
beforeEach(() => {
  study = newStudy(join(root, String(count++)))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Tells a picture's time point and slice: frames from 0, slices from the lowest. */
const codeOf = (frame: number, slice: number): number => 100 * frame + 10 * slice

interface Opened {
  catalogue: OpenStudy['catalogue']
  series: SeriesSummary[]
  load: (index?: number) => Promise<VolumeSeries>
}

async function open(): Promise<Opened> {
  const opened = await openStudy([study.folder])
  const series = opened.catalogue.studies.flatMap((found) => found.series)
  expect(opened.catalogue.filesFound).toBe(study.files)
  expect(opened.catalogue.filesShown + opened.catalogue.skipped.length).toBe(study.files)
  expect(new Set(series.map(({ key }) => key)).size).toBe(series.length)
  opens.push(opened)
  return { catalogue: opened.catalogue, series, load: (index = 0) => opened.load(series[index].key) }
}
const opens: OpenStudy[] = []
afterAll(() => Promise.all(opens.map((opened) => opened.close())))

/** The codes of a loaded series, [frame][slice], read from each slice's first pixel. */
function codes(series: VolumeSeries): number[][] {
  const [nx, ny, nz] = series.geometry.size
  return Array.from({ length: series.frames }, (_, frame) =>
    Array.from(
      { length: nz },
      (_, z) => frameOf(series, frame)[z * nx * ny] * series.slope + series.intercept + 1024,
    ),
  )
}

const grid = (frames: number, slices: number): number[][] =>
  Array.from({ length: frames }, (_, frame) =>
    Array.from({ length: slices }, (_, slice) => codeOf(frame, slice)),
  )

const rounded = (values: ArrayLike<number>): number[] =>
  Array.from(values, (value) => Math.round(value * 1000) / 1000)

describe('a GE perfusion study: one series, slice after slice, only times', () => {
  it('is one 4-D series with the times of the acquisition', async () => {
    for (let slice = 3; slice >= 0; slice--) {
      for (let frame = 0; frame < 10; frame++) {
        addPicture(study, {
          code: codeOf(frame, slice),
          position: [-100, -90, 5 * slice],
          time: clockTime(elevenOClock + frame),
        })
      }
    }
    const { series, load } = await open()
    expect(series).toHaveLength(1)
    expect(series[0]).toMatchObject({
      kind: 'ct-perfusion',
      files: 40,
      timePoints: 10,
      size: [columns, rows, 4],
    })
    expect(series[0].times).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    const volume = await load()
    expect(codes(volume)).toEqual(grid(10, 4))
    expect(volume.geometry).toMatchObject({
      origin: [-100, -90, 0],
      spacing: [0.4, 0.5, 5],
      frameOfReference: study.frame,
    })
  })

  it('keeps the time of every slice where slices follow each other', async () => {
    for (let slice = 0; slice < 3; slice++) {
      for (let frame = 0; frame < 5; frame++) {
        const time = clockTime(elevenOClock + 2 * frame + 0.25 * slice)
        addPicture(study, { code: codeOf(frame, slice), position: [0, 0, 5 * slice], time })
      }
    }
    const { series, load } = await open()
    expect(rounded((await load()).times).slice(0, 6)).toEqual([0, 0.25, 0.5, 2, 2.25, 2.5])
    expect(rounded(series[0].times)).toEqual([0, 2, 4, 6, 8])
  })
})

describe('a Siemens perfusion study: one series for each time point', () => {
  const addVolumes = (frames: number, more: (frame: number) => Elements, skip?: [number, number]): void => {
    for (let frame = 0; frame < frames; frame++) {
      const series = uid()
      for (let slice = 0; slice < 4; slice++) {
        if (skip && skip[0] === frame && skip[1] === slice) continue
        addPicture(study, {
          code: codeOf(frame, slice),
          position: [0, 0, 5 * slice],
          time: clockTime(elevenOClock + 1.5 * frame),
          series,
          more: more(frame),
        })
      }
    }
  }
  const named = (frame: number): Elements => ({
    '0008,103e': ['LO', `VPCT  5.0  H20f  T=${(1.5 * frame).toFixed(1)}s`],
    '0020,0011': ['IS', String(10 + frame)],
  })

  it('is joined into one', async () => {
    addVolumes(8, named)
    const { series, load } = await open()
    expect(series).toHaveLength(1)
    expect(series[0]).toMatchObject({ kind: 'ct-perfusion', timePoints: 8, files: 32 })
    expect(series[0].uids).toHaveLength(8)
    expect(series[0].reason).toContain('Joined from 8 series')
    expect(codes(await load())).toEqual(grid(8, 4))
  })

  it('is joined although one volume lacks a slice, which is interpolated and said', async () => {
    addVolumes(8, named, [3, 1])
    const { series, load } = await open()
    expect(series).toHaveLength(1)
    expect(series[0]).toMatchObject({ timePoints: 8, files: 31 })
    expect(series[0].warnings.join()).toMatch(/1 of 32 slices are missing/)
    const found = codes(await load())
    expect(found[3][1]).toBe((codeOf(2, 1) + codeOf(4, 1)) / 2)
  })

  it('leaves apart two reconstructions of one acquisition and scans of another name', async () => {
    addVolumes(6, (frame) => ({ ...named(frame), '0018,1210': ['SH', 'H20f'] }))
    addVolumes(6, (frame) => ({ ...named(frame), '0018,1210': ['SH', 'H60f'] }))
    addVolumes(3, () => ({ '0008,103e': ['LO', 'Head NCCT 5mm'] }))
    const { series } = await open()
    expect(series.map(({ kind, timePoints }) => [kind, timePoints]).sort()).toEqual([
      ['ct-perfusion', 6],
      ['ct-perfusion', 6],
      ['volume', 1],
      ['volume', 1],
      ['volume', 1],
    ])
  })
})

describe('a Philips perfusion study: Temporal Position Identifier, slices in reverse', () => {
  const addAll = (time: (frame: number) => string | undefined, more: Elements = {}): void => {
    for (let frame = 0; frame < 6; frame++) {
      for (let slice = 4; slice >= 0; slice--) {
        addPicture(study, {
          code: codeOf(frame, slice),
          position: [0, 0, 8 * slice],
          time: time(frame),
          more: { '0020,0100': ['IS', String(frame + 1)], '0020,0105': ['IS', '6'], ...more },
        })
      }
    }
  }

  it('has its slices in ascending order and the times of the acquisition', async () => {
    addAll((frame) => clockTime(elevenOClock + 2 * frame))
    const { series, load } = await open()
    expect(series[0]).toMatchObject({ kind: 'ct-perfusion', timePoints: 6, times: [0, 2, 4, 6, 8, 10] })
    expect(codes(await load())).toEqual(grid(6, 5))
  })

  it('takes the interval from Temporal Resolution where all times are equal', async () => {
    addAll(() => clockTime(elevenOClock), { '0020,0110': ['DS', '1800'] })
    const { series } = await open()
    expect(series[0]).toMatchObject({ kind: 'ct-perfusion', timePoints: 6 })
    expect(rounded(series[0].times)).toEqual([0, 1.8, 3.6, 5.4, 7.2, 9])
    expect(series[0].warnings.join()).toContain('No time stamps')
  })

  it('is 4-D but no perfusion source where no interval is known', async () => {
    addAll(() => clockTime(elevenOClock))
    const { series, load } = await open()
    expect(series[0]).toMatchObject({ kind: 'volume', timePoints: 6, times: [] })
    expect(series[0].warnings.join()).toMatch(/interval between them is unknown/)
    expect(codes(await load())).toEqual(grid(6, 5))
  })
})

describe('enhanced multi-frame (Canon and others)', () => {
  const cells = (frames: number[], slices: number, zMajor: boolean): { frame: number; slice: number }[] => {
    const all = frames.flatMap((frame) => Array.from({ length: slices }, (_, slice) => ({ frame, slice })))
    return zMajor ? all.sort((a, b) => a.slice - b.slice || a.frame - b.frame) : all
  }
  const addEnhanced = (
    frames: number[],
    options: { zMajor?: boolean; describe?: (frame: number, slice: number) => Elements } = {},
  ): void => {
    const order = cells(frames, 3, options.zMajor ?? false)
    const pixels = new Uint16Array(order.length * columns * rows)
    order.forEach(({ frame, slice }, index) =>
      pixels.set(pixelsOf(codeOf(frame, slice)), index * columns * rows),
    )
    const timed = (frame: number): Elements => ({
      '0018,9074': ['DT', `20240229${clockTime(elevenOClock + 2 * frame)}`],
    })
    writeDicom(
      join(study.folder, `V${study.files++}`),
      {
        '0008,0008': ['CS', 'ORIGINAL\\PRIMARY\\VOLUME\\NONE'],
        '0008,0016': ['UI', enhancedCt],
        '0008,0018': ['UI', uid()],
        '0008,0060': ['CS', 'CT'],
        '0010,0020': ['LO', 'P1'],
        '0020,000d': ['UI', study.study],
        '0020,000e': ['UI', `${study.study}.1`],
        '0020,0052': ['UI', study.frame],
        '0028,0002': ['US', 1],
        '0028,0004': ['CS', 'MONOCHROME2'],
        '0028,0008': ['IS', String(order.length)],
        '0028,0010': ['US', rows],
        '0028,0011': ['US', columns],
        '0028,0100': ['US', 16],
        '0028,0101': ['US', 16],
        '0028,0102': ['US', 15],
        '0028,0103': ['US', 0],
        '0020,9222': ['SQ', [{ '0020,9165': ['AT', '0020,9057'] }, { '0020,9165': ['AT', '0020,9128'] }]],
        '5200,9229': [
          'SQ',
          [
            {
              '0020,9116': ['SQ', [{ '0020,0037': ['DS', [1, 0, 0, 0, 1, 0]] }]],
              '0028,9110': ['SQ', [{ '0018,0050': ['DS', '4'], '0028,0030': ['DS', [0.5, 0.5]] }]],
              '0028,9145': ['SQ', [{ '0028,1052': ['DS', '-1024'], '0028,1053': ['DS', '1'] }]],
            },
          ],
        ],
        '5200,9230': [
          'SQ',
          order.map(({ frame, slice }): Elements => ({
            '0020,9111': ['SQ', [(options.describe ?? timed)(frame, slice)]],
            '0020,9113': ['SQ', [{ '0020,0032': ['DS', [0, 0, 4 * slice]] }]],
          })),
        ],
      },
      { pixels },
    )
  }

  it('is one series where each time point is a file', async () => {
    for (let frame = 0; frame < 5; frame++) addEnhanced([frame])
    const { series, load } = await open()
    expect(series).toHaveLength(1)
    expect(series[0]).toMatchObject({ kind: 'ct-perfusion', files: 5, timePoints: 5, times: [0, 2, 4, 6, 8] })
    expect(codes(await load())).toEqual(grid(5, 3))
  })

  it('is sorted from one file that holds all frames, position by position', async () => {
    addEnhanced([0, 1, 2, 3, 4, 5], { zMajor: true })
    const { series, load } = await open()
    expect(series[0]).toMatchObject({
      kind: 'ct-perfusion',
      files: 1,
      timePoints: 6,
      size: [columns, rows, 3],
    })
    const volume = await load()
    expect(codes(volume)).toEqual(grid(6, 3))
    expect(volume.source.instances.map(({ frame }) => frame)).toEqual([1, 7, 13])
  })

  it('is ordered by Dimension Index Values where Temporal Position Index and times are missing', async () => {
    addEnhanced([4, 2, 0, 1, 3], {
      describe: (frame, slice) => ({ '0020,9157': ['UL', [slice + 1, frame + 1]] }),
    })
    const { series, load } = await open()
    expect(series[0]).toMatchObject({ kind: 'volume', timePoints: 5, times: [] })
    expect(codes(await load())).toEqual(grid(5, 3))
  })
})

describe('times', () => {
  const addFrames = (
    times: (number | string | undefined)[],
    more: (frame: number) => Elements = () => ({}),
  ): void => {
    times.forEach((time, frame) => {
      for (let slice = 0; slice < 2; slice++) {
        const shown = typeof time === 'number' ? clockTime(time) : time
        addPicture(study, {
          code: codeOf(frame, slice),
          position: [0, 0, 5 * slice],
          time: shown,
          more: more(frame),
        })
      }
    })
  }

  it('go on over midnight although the date stands still', async () => {
    const start = 86400 - 4
    addFrames([0, 2, 4, 6, 8].map((after) => start + after))
    const { series, load } = await open()
    expect(rounded(series[0].times)).toEqual([0, 2, 4, 6, 8])
    expect(series[0].warnings.join()).toContain('midnight')
    expect(codes(await load())).toEqual(grid(5, 2))
  })

  it('go on over midnight with a date that changes', async () => {
    const start = 86400 - 4
    addFrames(
      [0, 2, 4, 6, 8].map((after) => start + after),
      (frame) => ({ '0008,0022': ['DA', frame < 2 ? '20240229' : '20240301'] }),
    )
    expect(rounded((await open()).series[0].times)).toEqual([0, 2, 4, 6, 8])
  })

  it('keep two phases with intervals of their own', async () => {
    const times = [0, 1, 2, 3, 4, 5, 8, 11, 14, 29]
    addFrames(times.map((after) => elevenOClock + after))
    expect(rounded((await open()).series[0].times)).toEqual(times)
  })

  it('are put between their neighbours where one cannot be read', async () => {
    addFrames([
      elevenOClock,
      elevenOClock + 2,
      '0000-1.5',
      elevenOClock + 6,
      elevenOClock + 8,
      elevenOClock + 10,
    ])
    const { series } = await open()
    expect(rounded(series[0].times)).toEqual([0, 2, 4, 6, 8, 10])
    expect(series[0].warnings.join()).toMatch(/missing or unreadable in 2 of 12/)
  })

  it('come from Content Time where Acquisition Time does not move', async () => {
    addFrames(
      [0, 0, 0, 0, 0].map(() => elevenOClock),
      (frame) => ({ '0008,0033': ['TM', clockTime(elevenOClock + 3 * frame)] }),
    )
    expect(rounded((await open()).series[0].times)).toEqual([0, 3, 6, 9, 12])
  })

  it('of whole seconds under a faster scan are spread evenly over the counted time points', async () => {
    addFrames(
      [0, 0, 1, 1, 2, 2, 3, 3, 4].map((after) => elevenOClock + after),
      (frame) => ({ '0020,0012': ['IS', String(frame + 1)] }),
    )
    const { series } = await open()
    expect(series[0]).toMatchObject({ kind: 'ct-perfusion', timePoints: 9 })
    expect(rounded(series[0].times)).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4])
    expect(series[0].warnings.join()).toContain('spread evenly')
  })

  it('come from Series Time where nothing else moves', async () => {
    for (let frame = 0; frame < 5; frame++) {
      const more: Elements = { '0008,0031': ['TM', clockTime(elevenOClock + 2 * frame)] }
      for (let slice = 0; slice < 2; slice++) {
        addPicture(study, {
          code: 0,
          position: [0, 0, 5 * slice],
          series: `${study.study}.${10 + frame}`,
          more,
        })
      }
    }
    const { series } = await open()
    expect(series).toMatchObject([{ timePoints: 5, times: [0, 2, 4, 6, 8] }])
  })

  it('order by Acquisition Number and say that the interval is unknown', async () => {
    addFrames([undefined, undefined, undefined, undefined, undefined], (frame) => ({
      '0020,0012': ['IS', String(9 - frame)],
    }))
    const { series, load } = await open()
    expect(series[0]).toMatchObject({ kind: 'volume', timePoints: 5, times: [] })
    expect(series[0].warnings.join()).toMatch(/Acquisition Number.*interval.*unknown/)
    expect(codes(await load())).toEqual(grid(5, 2).reverse())
  })

  it('are not invented where nothing tells them', async () => {
    addFrames([elevenOClock, elevenOClock, elevenOClock, elevenOClock])
    const { series, load } = await open()
    expect(series[0]).toMatchObject({ kind: 'other', timePoints: 1, times: [] })
    expect(series[0].reason).toMatch(/nothing in the headers orders them/)
    await expect(load()).rejects.toMatchObject({ code: 'not-loadable' })
  })
})

describe('shuttle and jog modes: two slabs in turn', () => {
  it('are one series of both slabs, each slice with its own times', async () => {
    for (let pass = 0; pass < 12; pass++) {
      for (let slice = 0; slice < 3; slice++) {
        const slab = pass % 2
        addPicture(study, {
          code: codeOf(Math.floor(pass / 2), slice + 3 * slab),
          position: [0, 0, 5 * (slice + 3 * slab)],
          time: clockTime(elevenOClock + 1.5 * pass),
        })
      }
    }
    const { series, load } = await open()
    expect(series).toHaveLength(1)
    expect(series[0]).toMatchObject({ kind: 'ct-perfusion', timePoints: 6, size: [columns, rows, 6] })
    const volume = await load()
    expect(codes(volume)).toEqual(grid(6, 6))
    expect(rounded(volume.times).slice(0, 12)).toEqual([0, 0, 0, 1.5, 1.5, 1.5, 3, 3, 3, 4.5, 4.5, 4.5])
  })

  it('follow each slice where the table moves to and fro', async () => {
    for (let pass = 0; pass < 8; pass++) {
      for (let slice = 0; slice < 6; slice++) {
        const after = 2 * pass + 0.25 * (pass % 2 === 0 ? slice : 5 - slice)
        addPicture(study, {
          code: codeOf(pass, slice),
          position: [0, 0, 5 * slice],
          time: clockTime(elevenOClock + after),
        })
      }
    }
    const { series, load } = await open()
    expect(series).toMatchObject([{ timePoints: 8, size: [columns, rows, 6] }])
    const volume = await load()
    expect(codes(volume)).toEqual(grid(8, 6))
    expect(rounded(volume.times).slice(6, 12)).toEqual([3.25, 3, 2.75, 2.5, 2.25, 2])
  })

  it('tolerate a table that comes back 0.2 mm off, and a pass too many of the first slab', async () => {
    for (let pass = 0; pass < 11; pass++) {
      for (let slice = 0; slice < 3; slice++) {
        const slab = pass % 2
        const off = [0, 0.1, -0.1, 0.2, 0, 0.15][Math.floor(pass / 2)]
        addPicture(study, {
          code: codeOf(Math.floor(pass / 2), slice + 3 * slab),
          position: [0, 0, 5 * (slice + 3 * slab) + off],
          time: clockTime(elevenOClock + 1.5 * pass),
        })
      }
    }
    const { series, catalogue, load } = await open()
    expect(series).toHaveLength(1)
    expect(series[0]).toMatchObject({ timePoints: 5, size: [columns, rows, 6] })
    expect(catalogue.skipped).toHaveLength(3)
    expect(catalogue.skipped[0].reason).toContain('incomplete: 3 of 6 slices')
    const found = codes(await load())
    const expected = grid(5, 6)
    // Either the first or the last pass of the first slab is the one too many.
    expect([
      expected,
      expected.map((row, t) => row.map((code, z) => (z < 3 ? code + 100 : expected[t][z]))),
    ]).toContainEqual(found)
  })
})

describe('geometry', () => {
  const addVolume = (positions: number[][], orientation?: number[]): void => {
    for (let frame = 0; frame < 4; frame++) {
      positions.forEach((position, slice) =>
        addPicture(study, {
          code: codeOf(frame, slice),
          position,
          orientation,
          time: clockTime(elevenOClock + frame),
        }),
      )
    }
  }

  it('keeps a gantry tilt as the real step between slices', async () => {
    const [cosine, sine] = [Math.cos(0.35), Math.sin(0.35)]
    addVolume(
      [0, 1, 2, 3].map((slice) => [-110, -100, 5 * slice]),
      [1, 0, 0, 0, cosine, -sine],
    )
    const { series, load } = await open()
    const { geometry } = await load()
    expect(geometry.direction[2]).toEqual([0, 0, 1])
    expect(geometry.spacing[2]).toBeCloseTo(5, 9)
    expect(geometry.direction[1][2]).toBeCloseTo(-sine, 6)
    expect(series[0].warnings.join()).toContain('gantry tilt')
  })

  it('follows oblique axes', async () => {
    const third = 1 / Math.sqrt(3)
    const [row, column] = [
      [Math.SQRT1_2, -Math.SQRT1_2, 0],
      [1 / Math.sqrt(6), 1 / Math.sqrt(6), -2 / Math.sqrt(6)],
    ]
    const normal = [third, third, third]
    addVolume(
      [0, 1, 2].map((slice) => normal.map((value) => 10 + 6 * slice * value)),
      [...row, ...column],
    )
    const { geometry } = await (await open()).load()
    geometry.direction[2].forEach((value) => expect(value).toBeCloseTo(third, 5))
    expect(geometry.spacing[2]).toBeCloseTo(6, 4)
  })

  it('says that slices are not evenly spaced', async () => {
    addVolume([0, 5, 10, 18].map((z) => [0, 0, z]))
    const { series } = await open()
    expect(series[0].spacing[2]).toBeCloseTo(5)
    expect(series[0].warnings.join()).toContain('not evenly spaced (5.00 to 8.00 mm)')
  })

  it('takes thin slices 0.3 mm apart for what they are', async () => {
    addVolume([0, 0.3, 0.6, 0.9].map((z) => [0, 0, z]))
    expect((await open()).series[0]).toMatchObject({ timePoints: 4, size: [columns, rows, 4] })
  })
})

describe('what is wrong with a series', () => {
  const addAll = (
    skip: (frame: number, slice: number) => boolean,
    more?: (frame: number) => Elements,
  ): void => {
    for (let frame = 0; frame < 6; frame++) {
      for (let slice = 0; slice < 4; slice++) {
        if (skip(frame, slice)) continue
        addPicture(study, {
          code: codeOf(frame, slice),
          position: [0, 0, 5 * slice],
          time: clockTime(elevenOClock + frame * (frame < 3 ? 1 : 2)),
          more: more?.(frame),
        })
      }
    }
  }

  it('fills a missing slice from the times around it, and says so', async () => {
    addAll((frame, slice) => frame === 3 && slice === 2)
    const { series, load } = await open()
    expect(series[0]).toMatchObject({ timePoints: 6, files: 23 })
    expect(series[0].warnings).toEqual([
      '1 of 24 slices are missing and were interpolated in time (slice 3 of time point 4).',
    ])
    const volume = await load()
    // Times 2, 6, 8 s: the missing one, at 6 s, lies two thirds of the way from 2 s to 8 s.
    expect(codes(volume)[3][2]).toBe(Math.round(codeOf(2, 2) + (2 / 3) * 200))
    expect(rounded(volume.times)[3 * 4 + 2]).toBe(6)
  })

  it('leaves out files that are there twice, by name', async () => {
    const instance = uid()
    addAll(() => false)
    const twice = { code: codeOf(0, 0), position: [0, 0, 0], time: clockTime(elevenOClock), instance: 99 }
    addPicture(study, { ...twice, more: { '0008,0018': ['UI', instance] } })
    addPicture(study, { ...twice, more: { '0008,0018': ['UI', instance] } })
    const { series, catalogue } = await open()
    expect(series[0]).toMatchObject({ timePoints: 6, files: 24 })
    expect(catalogue.skipped.map(({ reason }) => reason).sort()).toEqual([
      expect.stringMatching(/^A copy of IM000\d\d \(same SOP Instance UID\)/),
      expect.stringMatching(/^A second image of the same position and time as IM00001/),
    ])
  })

  it('leaves out a last time point that is cut short, by name', async () => {
    addAll((frame, slice) => frame === 5 && slice > 0)
    const { series, catalogue } = await open()
    expect(series).toMatchObject([{ timePoints: 5, files: 20 }])
    expect(catalogue.skipped).toEqual([
      { file: 'IM00021', reason: 'Its time point is incomplete: 1 of 4 slices.' },
    ])
    expect(series[0].warnings.join()).toContain('1 incomplete time point was left out')
  })

  it('keeps the time points in order where every position lacks another one', async () => {
    const missing = ['1 0', '2 1', '3 2', '4 3']
    addAll((frame, slice) => missing.includes(`${frame} ${slice}`))
    const { series, load } = await open()
    expect(series).toMatchObject([{ timePoints: 6, files: 20, times: [0, 1, 2, 6, 8, 10] }])
    const found = codes(await load())
    for (let frame = 0; frame < 6; frame++) {
      for (let slice = 0; slice < 4; slice++) {
        if (!missing.includes(`${frame} ${slice}`)) expect(found[frame][slice]).toBe(codeOf(frame, slice))
      }
    }
  })

  it('shows two runs under one number as two series', async () => {
    for (const frame of [0, 1, 2, 3, 4, 604, 605, 606, 607, 608]) {
      addPicture(study, { code: 0, position: [0, 0, 0], time: clockTime(elevenOClock + frame) })
    }
    const { series } = await open()
    expect(series.map(({ timePoints, description }) => [timePoints, description])).toEqual([
      [5, 'Brain perfusion (run 1 of 2)'],
      [5, 'Brain perfusion (run 2 of 2)'],
    ])
  })

  it('shows a series that was sent twice under new UIDs as two', async () => {
    addAll(() => false)
    addAll(() => false)
    expect((await open()).series.map(({ timePoints, files }) => [timePoints, files])).toEqual([
      [6, 24],
      [6, 24],
    ])
  })

  it('counts files without a patient to the patient of their series', async () => {
    addAll(
      () => false,
      (frame) => ({ '0010,0020': ['LO', frame === 2 ? '' : 'P1'] }),
    )
    const { catalogue, series } = await open()
    expect(catalogue.studies).toHaveLength(1)
    expect(series).toMatchObject([{ files: 24, warnings: [] }])
  })

  it('keeps images of another size apart', async () => {
    addAll((frame) => frame === 2)
    for (let slice = 0; slice < 4; slice++) {
      addPicture(study, {
        code: slice,
        position: [0, 0, 5 * slice],
        time: clockTime(elevenOClock + 2),
        size: [4, 4],
      })
    }
    const { series } = await open()
    expect(series.map(({ size, timePoints }) => [size, timePoints])).toEqual([
      [[columns, rows, 4], 5],
      [[4, 4, 4], 1],
    ])
    expect(series[0].uid).toBe(series[1].uid)
    expect(series[0].warnings.join()).toContain('2 sizes')
  })

  it('keeps two patients of one series apart and warns', async () => {
    addAll(
      () => false,
      (frame) => ({ '0010,0020': ['LO', frame === 5 ? 'SOMEONE ELSE' : 'P1'] }),
    )
    const { catalogue } = await open()
    expect(catalogue.studies.map(({ patientId, series }) => [patientId, series[0].timePoints])).toEqual([
      ['P1', 5],
      ['SOMEONE ELSE', 1],
    ])
    for (const { series } of catalogue.studies) {
      expect(series[0].warnings.join()).toContain('several patients')
    }
  })

  it('keeps the single images beside a time series, such as a scan with more slices before it', async () => {
    addAll(() => false)
    for (let slice = 4; slice < 10; slice++) {
      addPicture(study, { code: slice, position: [0, 0, 5 * slice], time: clockTime(elevenOClock - 60) })
    }
    const { series } = await open()
    expect(series.map(({ kind, timePoints, files }) => [kind, timePoints, files])).toEqual([
      ['ct-perfusion', 6, 24],
      ['volume', 1, 6],
    ])
  })
})

describe('a whole stroke examination', () => {
  it('tells the perfusion series from the plain scan, the angiogram, the scout and the report', async () => {
    const series = {
      scout: uid(),
      plain: uid(),
      perfusion: uid(),
      angiogram: uid(),
      second: uid(),
      report: uid(),
      watch: uid(),
    }
    const add = (
      name: keyof typeof series,
      number: number,
      description: string,
      picture: Parameters<typeof addPicture>[1],
    ): string =>
      addPicture(study, {
        ...picture,
        series: series[name],
        more: { '0008,103e': ['LO', description], '0020,0011': ['IS', String(number)], ...picture.more },
      })
    add('scout', 1, 'Topogram', { code: 1, more: { '0008,0008': ['CS', 'ORIGINAL\\PRIMARY\\LOCALIZER'] } })
    for (let slice = 0; slice < 8; slice++) {
      add('plain', 2, 'Head NCCT', {
        code: slice,
        position: [0, 0, 5 * slice],
        time: clockTime(elevenOClock),
      })
    }
    for (let frame = 0; frame < 6; frame++) {
      add('watch', 3, 'Monitoring', {
        code: frame,
        position: [0, 0, 100],
        time: clockTime(elevenOClock + 20 + frame),
      })
    }
    for (const name of ['perfusion', 'second'] as const) {
      for (let frame = 0; frame < 8; frame++) {
        for (let slice = 0; slice < 4; slice++) {
          const z = slice + (name === 'second' ? 4 : 0)
          const time = clockTime(elevenOClock + 60 + 2 * frame + (name === 'second' ? 600 : 0))
          add(name, name === 'second' ? 5 : 4, 'CTP', {
            code: codeOf(frame, slice),
            position: [0, 0, 5 * z],
            time,
          })
        }
      }
    }
    for (let slice = 0; slice < 30; slice++) {
      add('angiogram', 6, 'CTA 0.6', {
        code: slice,
        position: [0, 0, 0.6 * slice],
        time: clockTime(elevenOClock + 200),
      })
    }
    writeDicom(join(study.folder, `IM${++study.files}`), {
      '0008,0016': ['UI', '1.2.840.10008.5.1.4.1.1.88.67'],
      '0008,0018': ['UI', uid()],
      '0008,0060': ['CS', 'SR'],
      '0010,0020': ['LO', 'P1'],
      '0020,000d': ['UI', study.study],
      '0020,000e': ['UI', series.report],
      '0020,0011': ['IS', '7'],
    })
    const { series: found } = await open()
    expect(
      found.map(({ kind, timePoints, files, description }) => [description, kind, timePoints, files]),
    ).toEqual([
      ['Topogram', 'other', 1, 1],
      ['Head NCCT', 'volume', 1, 8],
      ['Monitoring', 'volume', 6, 6],
      ['CTP', 'ct-perfusion', 8, 32],
      ['CTP', 'ct-perfusion', 8, 32],
      ['CTA 0.6', 'volume', 1, 30],
      ['', 'other', 0, 1],
    ])
    for (const { reason } of found) expect(reason.length).toBeGreaterThan(5)
    expect(found[0].transferSyntaxes).toEqual(['1.2.840.10008.1.2.1'])
    expect(ctImage).toBe('1.2.840.10008.5.1.4.1.1.2')
  })
})
