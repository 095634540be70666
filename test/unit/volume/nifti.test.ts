import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { NIFTI1, readHeader } from 'nifti-reader-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { affineRas, readNifti, writeNifti } from '../../../src-main/engine/volume'
import { axial, oblique, reversed, tilted } from './grids'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'umbra-nifti-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const count = 8 * 6 * 4
const ramp = Float32Array.from({ length: count }, (_, i) => i / 7 - 3)
const headerOf = (bytes: Buffer): NIFTI1 =>
  readHeader(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer) as NIFTI1

describe('writeNifti and readNifti', () => {
  it.each([
    ['axial', axial],
    ['oblique', oblique],
    ['tilted', tilted],
    ['reversed', reversed],
  ])('give back values exactly and the grid within float32 (%s)', async (name, grid) => {
    const path = join(folder, `${name}.nii.gz`)
    await writeNifti(path, grid, ramp)
    const read = await readNifti(path)
    expect(read.voxels).toEqual(ramp)
    expect(read.frames).toBe(1)
    expect(read.geometry.size).toEqual(grid.size)
    read.geometry.spacing.forEach((value, i) => expect(value).toBeCloseTo(grid.spacing[i], 5))
    read.geometry.origin.forEach((value, i) => expect(value).toBeCloseTo(grid.origin[i], 4))
    read.geometry.direction
      .flat()
      .forEach((value, i) => expect(value).toBeCloseTo(grid.direction.flat()[i], 5))
  })

  it.each([
    ['axial', axial],
    ['oblique', oblique],
    ['reversed', reversed],
  ])('the qform says what the sform says (%s)', async (name, grid) => {
    const path = join(folder, `${name}-q.nii.gz`)
    await writeNifti(path, grid, ramp)
    const header = headerOf(gunzipSync(await readFile(path)))
    expect([header.qform_code, header.sform_code]).toEqual([1, 1])
    const expected = affineRas(grid)
    header
      .getQformMat()
      .slice(0, 3)
      .flat()
      .forEach((value, i) => expect(value).toBeCloseTo(expected.flat()[i], 4))
  })

  it('a sheared grid has no qform, which could not express it', async () => {
    const path = join(folder, 'shear.nii.gz')
    await writeNifti(path, tilted, ramp)
    const header = headerOf(gunzipSync(await readFile(path)))
    expect([header.qform_code, header.sform_code]).toEqual([0, 1])
  })

  it('keeps int16 and uint8 as they are, also from shared memory, and 4-D with its time step', async () => {
    const shared = new Int16Array(new SharedArrayBuffer(count * 3 * 2))
    shared.forEach((_, i) => (shared[i] = i * 13 - 1000))
    await writeNifti(join(folder, 'time.nii.gz'), axial, shared, { frames: 3, timeStep: 1.5 })
    const header = headerOf(gunzipSync(await readFile(join(folder, 'time.nii.gz'))))
    expect(header.dims.slice(0, 5)).toEqual([4, 8, 6, 4, 3])
    expect(header.pixDims[4]).toBeCloseTo(1.5, 6)
    expect(header.xyzt_units).toBe(NIFTI1.UNITS_MM | NIFTI1.UNITS_SEC)
    const read = await readNifti(join(folder, 'time.nii.gz'))
    expect(read.frames).toBe(3)
    expect(Array.from(read.voxels)).toEqual(Array.from(shared))

    const bytes = Uint8Array.from({ length: count }, (_, i) => i % 251)
    await writeNifti(join(folder, 'mask.nii'), axial, bytes)
    expect(Array.from((await readNifti(join(folder, 'mask.nii'))).voxels)).toEqual(Array.from(bytes))
  })

  it('leaves no temporary file behind', async () => {
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([])
  })

  it('applies scale factors and reads big-endian files', async () => {
    const header = new NIFTI1()
    header.littleEndian = false
    header.dims = [3, 2, 1, 1, 1, 1, 1, 1]
    header.pixDims = [1, 2, 2, 2, 0, 0, 0, 0]
    header.datatypeCode = NIFTI1.TYPE_INT16
    header.numBitsPerVoxel = 16
    header.vox_offset = 352
    header.scl_slope = 0.5
    header.scl_inter = -10
    header.magic = 'n+1'
    const voxels = Buffer.alloc(4)
    voxels.writeInt16BE(7, 0)
    voxels.writeInt16BE(-300, 2)
    await writeFile(join(folder, 'big.nii'), Buffer.concat([Buffer.from(header.toArrayBuffer()), voxels]))
    const read = await readNifti(join(folder, 'big.nii'))
    expect(Array.from(read.voxels)).toEqual([-6.5, -160])
    expect(read.geometry.spacing).toEqual([2, 2, 2])
  })
})

describe('readNifti refuses, with the reason', () => {
  const refused = async (name: string, content: Uint8Array): Promise<string> => {
    const path = join(folder, name)
    await writeFile(path, content)
    return readNifti(path).then(
      () => 'accepted',
      (error: { code: string; message: string; where: string }) => `${error.code}: ${error.message}`,
    )
  }
  const whole = async (): Promise<Buffer> => {
    await writeNifti(join(folder, 'whole.nii'), axial, ramp)
    return readFile(join(folder, 'whole.nii'))
  }

  it('what is no NIfTI file, empty, or not there', async () => {
    expect(await refused('text.nii', Buffer.from('hello'))).toMatch(
      /^nifti-unreadable: This is not a NIfTI file/,
    )
    expect(await refused('empty.nii.gz', Buffer.alloc(0))).toMatch(/not a NIfTI file/)
    await expect(readNifti(join(folder, 'absent.nii'))).rejects.toMatchObject({ code: 'nifti-unreadable' })
  })

  it('a file cut off, plain or compressed', async () => {
    const file = await whole()
    expect(await refused('cut.nii', file.subarray(0, 600))).toMatch(/cut off: 600 bytes of/)
    const packed = gzipSync(file)
    expect(await refused('cut.nii.gz', packed.subarray(0, packed.length - 40))).toMatch(/damaged or cut off/)
  })

  it('a header that claims more than the file holds, before any memory is taken for it', async () => {
    const file = Buffer.from(await whole())
    for (const at of [42, 44, 46]) file.writeInt16LE(32767, at)
    expect(await refused('claims.nii', file)).toMatch(/more than can be read/)
    file.writeInt16LE(1000, 42)
    file.writeInt16LE(1000, 44)
    file.writeInt16LE(300, 46)
    expect(await refused('claims2.nii', file)).toMatch(/cut off/)
    expect(await refused('claims3.nii.gz', gzipSync(file))).toMatch(/cut off/)
  })

  it('an affine that flattens the grid', async () => {
    const file = Buffer.from(await whole())
    file.fill(0, 280, 328)
    expect(await refused('flat.nii', file)).toMatch(/affine/)
  })
})
