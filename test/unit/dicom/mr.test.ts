import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { SeriesSummary } from '@contract'
import { openStudy } from '../../../src-main/engine/dicom'
import type { VolumeSeries } from '../../../src-main/engine/volume'
import { mrImage, writeDicom, type Elements } from './build'
import { addPicture, clockTime, elevenOClock, newStudy, type Study } from './studies'

const root = mkdtempSync(join(tmpdir(), 'umbra-mr-'))
let study: Study
let count = 0
beforeEach(() => {
  study = newStudy(join(root, String(count++)))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function open(): Promise<{ series: SeriesSummary[]; first: VolumeSeries }> {
  const opened = await openStudy([study.folder])
  try {
    const series = opened.catalogue.studies.flatMap((found) => found.series)
    return { series, first: await opened.load(series[0].key) }
  } finally {
    await opened.close()
  }
}

const mr = (description: string, more: Elements = {}): Elements => ({
  '0008,0008': ['CS', 'ORIGINAL\\PRIMARY\\M\\ND'],
  '0008,0016': ['UI', mrImage],
  '0008,0060': ['CS', 'MR'],
  '0008,103e': ['LO', description],
  '0018,0020': ['CS', 'EP'],
  '0018,0080': ['DS', '1500'],
  '0018,0081': ['DS', '32'],
  '0028,1052': ['DS', '0'],
  ...more,
})

function addDynamic(frames: number, interval: number, more: (frame: number) => Elements): void {
  for (let frame = 0; frame < frames; frame++) {
    for (let slice = 0; slice < 2; slice++) {
      addPicture(study, {
        code: 10 * frame + slice,
        position: [0, 0, 6 * slice],
        time: clockTime(elevenOClock + frame * interval),
        more: more(frame),
      })
    }
  }
}

describe('an MR time series', () => {
  it('of a contrast bolus is a perfusion source with its echo time in seconds', async () => {
    addDynamic(30, 1.5, () => mr('ep2d_perf_p2'))
    const { series, first } = await open()
    expect(series[0]).toMatchObject({ kind: 'mr-perfusion', timePoints: 30, modality: 'MR' })
    expect(first).toMatchObject({ echoTime: 0.032, unit: '1' })
  })

  it('is told by its contrast agent where the name says nothing', async () => {
    addDynamic(12, 2, () => mr('AX EPI', { '0018,0010': ['LO', 'Gadovist'] }))
    expect((await open()).series[0].kind).toBe('mr-perfusion')
  })

  it('of GE has its times in Trigger Time', async () => {
    addDynamic(30, 0, (frame) => mr('DSC perfusion', { '0018,1060': ['DS', String(1800 * frame)] }))
    const { series } = await open()
    expect(series[0]).toMatchObject({ kind: 'mr-perfusion', timePoints: 30 })
    expect(series[0].times[29]).toBeCloseTo(52.2)
  })

  it('of Philips has its times in a private attribute', async () => {
    const start = (frame: number): Elements => ({
      '0020,0100': ['IS', String(frame + 1)],
      '2005,0010': ['LO', 'Philips MR Imaging DD 001'],
      '2005,10a0': ['FL', 1.25 * frame],
    })
    addDynamic(30, 0, (frame) => mr('PWI', start(frame)))
    const { series } = await open()
    expect(series[0]).toMatchObject({ kind: 'mr-perfusion', timePoints: 30 })
    expect(series[0].times[4]).toBeCloseTo(5)
  })

  it.each([
    ['BOLD resting state', {}, 'functional MRI'],
    ['pCASL 3D', {}, 'arterial spin labelling'],
    ['t1_vibe_dynamic', { '0018,0081': ['DS', '1.8'] as [string, string] }, 'T1-weighted'],
    ['AX EPI', { '0018,0081': ['DS', '1.8'] as [string, string] }, 'neither its name nor a contrast agent'],
  ])('named %s is 4-D but no perfusion source', async (name, more, why) => {
    addDynamic(12, 2, () => mr(name, more))
    const { series } = await open()
    expect(series[0]).toMatchObject({ kind: 'volume', timePoints: 12 })
    expect(series[0].reason).toContain(why)
  })
})

describe('MR images of one position that are no time points', () => {
  it('are kept apart by echo time', async () => {
    addDynamic(2, 0, (frame) => mr('T2 map', { '0018,0081': ['DS', String(20 + 20 * frame)] }))
    const { series } = await open()
    expect(
      series.map(({ kind, timePoints, files, description }) => [kind, timePoints, files, description]),
    ).toEqual([
      ['volume', 1, 2, 'T2 map (echo time 20.0)'],
      ['volume', 1, 2, 'T2 map (echo time 40.0)'],
    ])
  })

  it('are kept apart by b-value, also where only a private attribute has it', async () => {
    const siemens = (frame: number): Elements => ({
      '0019,0010': ['LO', 'SIEMENS MR HEADER'],
      '0019,100c': ['IS', String(1000 * frame)],
    })
    addDynamic(2, 1, (frame) => mr('ep2d_diff', siemens(frame)))
    const { series } = await open()
    expect(series.map(({ kind, timePoints }) => [kind, timePoints])).toEqual([
      ['volume', 1],
      ['volume', 1],
    ])
  })

  it('are kept apart as magnitude and phase', async () => {
    addDynamic(2, 0, (frame) =>
      mr('GRE field map', { '0008,0008': ['CS', `ORIGINAL\\PRIMARY\\${frame ? 'P' : 'M'}\\ND`] }),
    )
    expect((await open()).series.map(({ description }) => description)).toEqual([
      'GRE field map (component magnitude)',
      'GRE field map (component phase)',
    ])
  })
})

describe('a Siemens mosaic', () => {
  it('is taken apart into slices with positions and times of their own', async () => {
    const side = 4
    for (let frame = 0; frame < 3; frame++) {
      const picture = new Uint16Array(4 * side * side)
      for (let tile = 0; tile < 3; tile++) {
        for (let i = 0; i < side * side; i++) {
          const [x, y] = [i % side, Math.floor(i / side)]
          picture[(Math.floor(tile / 2) * side + y) * 2 * side + (tile % 2) * side + x] =
            1000 * frame + 100 * tile + i
        }
      }
      const elements: Elements = {
        ...mr('ep2d_perf', {}),
        '0008,0008': ['CS', 'ORIGINAL\\PRIMARY\\M\\ND\\MOSAIC'],
        '0008,0018': ['UI', `2.25.77${frame}`],
        '0008,0032': ['TM', clockTime(elevenOClock + 2 * frame)],
        '0010,0020': ['LO', 'P1'],
        '0018,0088': ['DS', '6'],
        '0019,0010': ['LO', 'SIEMENS MR HEADER'],
        '0019,100a': ['US', 3],
        '0019,1029': ['FD', [0, 1000, 500]],
        '0020,000d': ['UI', study.study],
        '0020,000e': ['UI', `${study.study}.1`],
        '0020,0013': ['IS', String(frame + 1)],
        '0020,0032': ['DS', [-20, -20, 7]],
        '0020,0037': ['DS', [1, 0, 0, 0, 1, 0]],
        '0028,0002': ['US', 1],
        '0028,0004': ['CS', 'MONOCHROME2'],
        '0028,0010': ['US', 2 * side],
        '0028,0011': ['US', 2 * side],
        '0028,0030': ['DS', [2, 2]],
        '0028,0100': ['US', 16],
        '0028,0101': ['US', 16],
        '0028,0102': ['US', 15],
        '0028,0103': ['US', 0],
      }
      writeDicom(join(study.folder, `M${frame}`), elements, { pixels: picture })
    }
    const { series, first } = await open()
    expect(series[0]).toMatchObject({ files: 3, timePoints: 3, size: [4, 4, 3] })
    // 4 mm inward: half of what the mosaic is larger than a tile, at 2 mm a pixel.
    expect(first.geometry).toMatchObject({ origin: [-16, -16, 7], spacing: [2, 2, 6] })
    expect(Array.from(first.times)).toEqual([0, 1, 0.5, 2, 3, 2.5, 4, 5, 4.5])
    const values = Array.from(first.voxels, (voxel) => voxel * first.slope + first.intercept)
    const expected = [0, 1, 2].flatMap((frame) =>
      [0, 1, 2].flatMap((tile) => Array.from({ length: 16 }, (_, i) => 1000 * frame + 100 * tile + i)),
    )
    expect(values).toEqual(expected)
  })
})
