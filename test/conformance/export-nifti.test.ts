import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Geometry } from '@contract'
import { readNifti, voxelToWorld, writeNifti } from '../../src-main/engine/volume'
import { axial, oblique, reversed, tilted } from '../unit/volume/grids'
import { hasPython, python } from './peers'

interface NibabelReading {
  shape: number[]
  type: string
  affine: number[][]
  qform: number[][] | null
  codes: [number, number]
  zooms: number[]
  units: [string, string]
  values: number[]
}

const read = `
import json, sys, nibabel, numpy
image = nibabel.load(sys.argv[1])
header = image.header
qform, code = image.get_qform(coded=True)
print(json.dumps({
  'shape': image.shape, 'type': header.get_data_dtype().name, 'affine': image.affine.tolist(),
  'qform': None if qform is None else qform.tolist(),
  'codes': [int(header['qform_code']), int(header['sform_code'])],
  'zooms': [float(z) for z in header.get_zooms()], 'units': header.get_xyzt_units(),
  'values': numpy.asarray(image.dataobj).flatten(order='F').astype(float).tolist()}))`

const count = 8 * 6 * 4

describe.skipIf(!hasPython('nibabel'))('nibabel reads the NIfTI files', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'umbra-nibabel-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const grids: [string, Geometry][] = [
    ['axial', axial],
    ['oblique', oblique],
    ['reversed', reversed],
    ['tilted', tilted],
  ]
  it.each(grids)('float32 maps with every value and every voxel in its place (%s)', async (name, grid) => {
    const path = join(folder, `${name}.nii.gz`)
    const values = Float32Array.from({ length: count }, (_, i) => Math.sin(i) * 80)
    await writeNifti(path, grid, values)
    const reading = python<NibabelReading>(read, path)
    expect(reading.shape).toEqual(grid.size)
    expect(reading.type).toBe('float32')
    expect(reading.values).toEqual(Array.from(values))
    expect(reading.units).toEqual(['mm', 'sec'])
    for (const voxel of [
      [0, 0, 0],
      [7, 0, 0],
      [0, 5, 0],
      [7, 5, 3],
    ] as [number, number, number][]) {
      const [left, posterior, superior] = voxelToWorld(grid, voxel)
      const ras = reading.affine
        .slice(0, 3)
        .map((row) => row[0] * voxel[0] + row[1] * voxel[1] + row[2] * voxel[2] + row[3])
      ;[-left, -posterior, superior].forEach((value, i) => expect(ras[i]).toBeCloseTo(value, 3))
    }
    grid.spacing.forEach((value, i) => expect(reading.zooms[i]).toBeCloseTo(value, 5))
    expect(reading.codes[1]).toBe(1)
    if (name === 'tilted') expect(reading.qform).toBeNull()
    else reading.affine.flat().forEach((value, i) => expect(reading.qform?.flat()[i]).toBeCloseTo(value, 3))
  })

  it('uint8 masks and int16 time series with their time step', async () => {
    const mask = Uint8Array.from({ length: count }, (_, i) => i % 2)
    await writeNifti(join(folder, 'mask.nii.gz'), axial, mask)
    expect(python<NibabelReading>(read, join(folder, 'mask.nii.gz'))).toMatchObject({
      type: 'uint8',
      values: Array.from(mask),
    })
    const series = Int16Array.from({ length: count * 5 }, (_, i) => i * 31 - 1024)
    await writeNifti(join(folder, 'series.nii'), axial, series, { frames: 5, timeStep: 2.5 })
    const reading = python<NibabelReading>(read, join(folder, 'series.nii'))
    expect(reading.shape).toEqual([8, 6, 4, 5])
    expect(reading.type).toBe('int16')
    expect(reading.zooms[3]).toBe(2.5)
    expect(reading.values).toEqual(Array.from(series))
  })

  it('and writes files that readNifti gives back, of any number type and with scale factors', async () => {
    const types = ['uint8', 'int16', 'uint16', 'int32', 'float32', 'float64']
    const written = python<{ values: number[]; affine: number[][] }[]>(
      `
import json, sys, nibabel, numpy
affine = numpy.array([[-0.9, 0.1, 0, 90], [0.1, 0.9, 0.3, -120], [0, -0.2, 4.9, 30], [0, 0, 0, 1.0]])
readings = []
for type in sys.argv[2:]:
  data = (numpy.arange(60).reshape(3, 4, 5) * 3).astype(type)
  image = nibabel.Nifti1Image(data, affine)
  image.header.set_slope_inter(*((0.25, -7) if data.dtype.kind in 'iu' else (1, 0)))
  path = sys.argv[1] + '/' + type + '.nii.gz'
  nibabel.save(image, path)
  image = nibabel.load(path)
  readings.append({'values': image.get_fdata().flatten(order='F').tolist(), 'affine': image.affine.tolist()})
print(json.dumps(readings))`,
      folder,
      ...types,
    )
    for (const [i, type] of types.entries()) {
      const { voxels, geometry } = await readNifti(join(folder, `${type}.nii.gz`))
      written[i].values.forEach((value, at) => expect(voxels[at]).toBeCloseTo(value, 5))
      const corner = voxelToWorld(geometry, [2, 3, 4])
      const ras = written[i].affine.slice(0, 3).map((row) => row[0] * 2 + row[1] * 3 + row[2] * 4 + row[3])
      ;[-ras[0], -ras[1], ras[2]].forEach((value, axis) => expect(corner[axis]).toBeCloseTo(value, 4))
    }
  })
})
