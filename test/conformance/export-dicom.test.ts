import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mapNames, type Geometry } from '@contract'
import { exportMaps } from '../../src-main/engine/export'
import { mapDefinitions } from '../../src-main/engine/perfusion'
import { voxelToWorld } from '../../src-main/engine/volume'
import { headResult, headSeries } from '../unit/export/result'
import { axial, oblique, reversed, tilted } from '../unit/volume/grids'
import { hasProgram, hasPython, python, standardErrors } from './peers'

const sized = (grid: Geometry): Geometry => ({ ...grid, size: [24, 20, 3] })
const grids: [string, Geometry][] = [
  ['axial', sized(axial)],
  ['oblique', sized(oblique)],
  ['reversed', sized(reversed)],
  ['tilted', sized(tilted)],
]

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'umbra-dicom-'))
  for (const [name, grid] of grids) {
    await exportMaps({
      series: headSeries(grid),
      result: headResult(grid),
      directory: join(folder, name),
      onePage: true,
    })
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe.skipIf(!hasProgram('dciodvfy'))('dciodvfy finds no error', () => {
  it.each(grids)('in any object (%s)', (name) => {
    for (const map of mapNames) {
      expect(standardErrors(join(folder, name, 'dicom', `${map}-parametric-map.dcm`))).toEqual([])
      expect(standardErrors(join(folder, name, 'dicom', `${map}-colour.dcm`))).toEqual([])
    }
    for (const object of ['tissue-at-risk-page', 'tissue-at-risk-report']) {
      expect(standardErrors(join(folder, name, 'dicom', `${object}.dcm`))).toEqual([])
    }
  })

  it('also where the source tells little: no UIDs, odd dates, an interpolated slice, characters of many scripts', async () => {
    const [, grid] = grids[0]
    const series = headSeries(grid)
    series.source = {
      ...series.source,
      studyInstanceUid: '',
      frameOfReference: '',
      patientName: 'Yamada^Tarou=山田^太郎=やまだ^たろう',
      patientBirthDate: '1954.03.12',
      patientSex: 'female',
      studyTime: '10:11',
      accessionNumber: '',
      instances: series.source.instances.slice(1),
    }
    const directory = join(folder, 'sparse')
    await exportMaps({ series, result: headResult(grid), directory, onePage: true })
    for (const object of ['tissue-at-risk-page', 'tissue-at-risk-report']) {
      expect(standardErrors(join(directory, 'dicom', `${object}.dcm`))).toEqual([])
    }
    for (const map of mapNames) {
      expect(standardErrors(join(directory, 'dicom', `${map}-parametric-map.dcm`))).toEqual([])
      expect(standardErrors(join(directory, 'dicom', `${map}-colour.dcm`))).toEqual([])
    }
  })
})

interface MapReading {
  type: string
  values: number[]
  positions: number[][]
  orientation: number[]
  spacing: number[]
  sources: string[]
  unit: [string, string]
  quantity: string
  patient: string
  study: string
  frameOfReference: string
  /** LPS affine of (slice, row, column) indices, where the slices form a volume. */
  affine: number[][] | null
  volume: number[] | null
}
interface Reading {
  maps: Record<'cbf' | 'delay', MapReading>
  colour: { type: string; shape: number[]; positions: number[][]; spacing: number[] }
}

const script = `
import json, sys, pydicom, numpy, highdicom

def positions(frames):
  return [[float(v) for v in f.PlanePositionSequence[0].ImagePositionPatient] for f in frames]

def read_map(path):
  pixels = pydicom.dcmread(path)
  map = highdicom.pm.ParametricMap.from_dataset(pydicom.dcmread(path))
  image = highdicom.imread(path)
  values = image.get_frames(apply_real_world_transform=True)
  assert numpy.array_equal(values.astype('f4'), pixels.pixel_array)
  shared = map.SharedFunctionalGroupsSequence[0]
  frames = map.PerFrameFunctionalGroupsSequence
  mapping = shared.RealWorldValueMappingSequence[0]
  unit = mapping.MeasurementUnitsCodeSequence[0]
  affine = volume = None
  if sys.argv[2] != 'tilted':
    whole = image.get_volume(apply_real_world_transform=True)
    affine, volume = whole.affine.tolist(), whole.array.flatten().tolist()
  return {
    'type': pixels.pixel_array.dtype.name, 'values': values.flatten().tolist(),
    'positions': positions(frames),
    'orientation': [float(v) for v in shared.PlaneOrientationSequence[0].ImageOrientationPatient],
    'spacing': [float(v) for v in shared.PixelMeasuresSequence[0].PixelSpacing],
    'sources': [f.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID for f in frames],
    'unit': [unit.CodingSchemeDesignator, unit.CodeValue],
    'quantity': mapping.QuantityDefinitionSequence[0].ConceptCodeSequence[0].CodeMeaning,
    'patient': str(map.PatientName), 'study': map.StudyInstanceUID,
    'frameOfReference': map.FrameOfReferenceUID, 'affine': affine, 'volume': volume}

folder = sys.argv[1]
capture = pydicom.dcmread(folder + '/cbf-colour.dcm')
assert (highdicom.imread(folder + '/cbf-colour.dcm').get_frames() == capture.pixel_array).all()
shared = capture.SharedFunctionalGroupsSequence[0]
print(json.dumps({
  'maps': {name: read_map(folder + '/' + name + '-parametric-map.dcm') for name in ['cbf', 'delay']},
  'colour': {
    'shape': capture.pixel_array.shape, 'type': capture.pixel_array.dtype.name,
    'positions': positions(capture.PerFrameFunctionalGroupsSequence),
    'spacing': [float(v) for v in shared.PixelMeasuresSequence[0].PixelSpacing]}}))`

const readings = new Map<string, Reading>()

/** What highdicom and pydicom make of the objects of a grid; Python starts once for each. */
function read(name: string): Reading {
  const reading = readings.get(name) ?? python<Reading>(script, join(folder, name, 'dicom'), name)
  readings.set(name, reading)
  return reading
}

const meanings = { cbf: 'Absolute Regional Blood Flow', delay: 'Bolus Arrival Time' }

describe.skipIf(!hasPython('highdicom', 'pydicom', 'numpy'))('pydicom and highdicom read the objects', () => {
  it.each(grids)('parametric maps: values, units, places, sources (%s)', (name, grid) => {
    const result = headResult(grid)
    const { source } = headSeries(grid)
    const definitions = mapDefinitions(result.method)
    for (const map of ['cbf', 'delay'] as const) {
      const reading = read(name).maps[map]
      expect(reading.type).toBe('float32')
      expect(reading.values).toEqual(Array.from(result.maps[map]))
      expect(reading.unit).toEqual(['UCUM', definitions[map].ucum])
      expect(reading.quantity).toBe(meanings[map])
      expect(reading.sources).toEqual(source.instances.map(({ sopInstanceUid }) => sopInstanceUid))
      expect(reading.patient).toBe('Müller^Zoë')
      expect(reading.study).toBe(source.studyInstanceUid)
      expect(reading.frameOfReference).toBe(source.frameOfReference)
      expect(reading.spacing).toEqual([grid.spacing[1], grid.spacing[0]])
      const orientation = [...grid.direction[0], ...grid.direction[1]]
      reading.orientation.forEach((value, i) => expect(value).toBeCloseTo(orientation[i], 9))
      reading.positions.forEach((position, slice) => {
        const expected = voxelToWorld(grid, [0, 0, slice])
        position.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 9))
      })
    }
  })

  it.each(grids.filter(([name]) => name !== 'tilted'))(
    'as a volume, every voxel lies where it was measured (%s)',
    (name, grid) => {
      const result = headResult(grid)
      const { affine, volume } = read(name).maps.delay
      const [nx, ny, nz] = grid.size
      // highdicom orders slices its own way; its affine says where each index lies.
      for (const [k, j, i] of [
        [0, 0, 0],
        [nz - 1, 3, 17],
        [1, ny - 1, nx - 1],
      ]) {
        const at = (row: number): number => {
          const line = affine?.[row] ?? []
          return line[0] * k + line[1] * j + line[2] * i + line[3]
        }
        const slice = [...Array(nz).keys()].find((z) =>
          voxelToWorld(grid, [i, j, z]).every((value, axis) => Math.abs(value - at(axis)) < 1e-3),
        )
        expect(slice).toBeDefined()
        expect(volume?.[(k * ny + j) * nx + i]).toBe(result.maps.delay[((slice ?? 0) * ny + j) * nx + i])
      }
    },
  )

  it.each(grids)('colour captures: 8-bit RGB pictures, a frame per slice, in place (%s)', (name, grid) => {
    const reading = read(name).colour
    expect(reading.type).toBe('uint8')
    expect([reading.shape[0], reading.shape[1], reading.shape[3]]).toEqual([3, 400, 3])
    expect(reading.spacing[0]).toBeCloseTo(grid.spacing[1] / 20, 9)
    // 20 × 20 pixels a voxel: the centre of the first pixel lies 9.5 pixels before the centre of the first voxel.
    reading.positions.forEach((position, slice) => {
      const expected = voxelToWorld(grid, [-9.5 / 20, -9.5 / 20, slice])
      position.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 6))
    })
  })
})
