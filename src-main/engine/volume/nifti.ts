import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { NIFTI1, isNIFTI, readHeader, type NIFTI2 } from 'nifti-reader-js'
import { UmbraError, type Geometry, type Vec3 } from '@contract'
import { writeFileAtomically } from '../files/atomic'
import { affineRas, cross, dot, geometryOfAffine, isSheared, sliceNormal } from './geometry'
import type { Voxels } from './series'

export interface NiftiOptions {
  /** Number of 3-D frames in `voxels`; 1 by default. */
  frames?: number
  /** Seconds between frames. */
  timeStep?: number
  /** Free text, at most 79 bytes are kept. */
  description?: string
}

const HEADER_BYTES = 352
/** Fast, and within a few per cent of the best size on perfusion maps, which are mostly zeros and noise. */
const GZIP_LEVEL = 3
/** What is handed to zlib at once: keeps its queue, and so the memory in use, small. */
const CHUNK_BYTES = 4 * 1024 * 1024
/** A file that says to hold more is refused: beyond what one buffer of the oldest supported Node holds. */
const LARGEST_BYTES = 4 * 1024 ** 3 - 1
/** An expansion up to this size is done into one buffer, which is not copied together afterwards. */
const WHOLE_BYTES = 64 * 1024 * 1024
/** Enough for the header and any sane extension before the voxels. */
const HEADER_LIMIT = 64 * 1024

/**
 * Writes a NIfTI-1 file, gzipped when the name ends in `.gz`. The voxels keep the DICOM grid (x fastest, rows as
 * stored, then y, z, frame); sform (code 1, scanner) puts them in RAS mm exactly, also when the grid is sheared. The
 * qform says the same; a sheared grid, which a quaternion cannot express, has qform code 0 rather than a wrong one.
 * Throws `write-failed`.
 */
export async function writeNifti(
  path: string,
  geometry: Geometry,
  voxels: Voxels,
  options: NiftiOptions = {},
): Promise<void> {
  const header = new Uint8Array(niftiHeader(geometry, voxels, options).toArrayBuffer())
  const bytes = new Uint8Array(voxels.buffer, voxels.byteOffset, voxels.byteLength)
  if (path.endsWith('.gz')) {
    await writeFileAtomically(path, await gzipped([header, bytes]))
    return
  }
  const file = new Uint8Array(header.length + bytes.length)
  file.set(header)
  file.set(bytes, header.length)
  await writeFileAtomically(path, file)
}

function niftiHeader(geometry: Geometry, voxels: Voxels, options: NiftiOptions): NIFTI1 {
  const frames = options.frames ?? 1
  const [nx, ny, nz] = geometry.size
  if (voxels.length !== nx * ny * nz * frames) {
    throw new Error(`${voxels.length} voxels do not fill a grid of ${nx} × ${ny} × ${nz} × ${frames}`)
  }
  const header = new NIFTI1()
  header.littleEndian = true
  header.dims = [frames > 1 ? 4 : 3, nx, ny, nz, frames, 1, 1, 1]
  header.datatypeCode =
    voxels instanceof Float32Array
      ? NIFTI1.TYPE_FLOAT32
      : voxels instanceof Int16Array
        ? NIFTI1.TYPE_INT16
        : NIFTI1.TYPE_UINT8
  header.numBitsPerVoxel = voxels.BYTES_PER_ELEMENT * 8
  header.vox_offset = HEADER_BYTES
  header.scl_slope = 1
  header.xyzt_units = NIFTI1.UNITS_MM | NIFTI1.UNITS_SEC
  header.description = printable(options.description ?? 'Umbra', 79)
  header.magic = 'n+1'
  header.affine = affineRas(geometry)
  header.sform_code = NIFTI1.XFORM_SCANNER_ANAT

  const handedness =
    dot(cross(geometry.direction[0], geometry.direction[1]), geometry.direction[2]) < 0 ? -1 : 1
  const [b, c, d] = quaternion(rotationRas(geometry))
  header.qform_code = isSheared(geometry) ? NIFTI1.XFORM_UNKNOWN : NIFTI1.XFORM_SCANNER_ANAT
  Object.assign(header, { quatern_b: b, quatern_c: c, quatern_d: d })
  header.qoffset_x = header.affine[0][3]
  header.qoffset_y = header.affine[1][3]
  header.qoffset_z = header.affine[2][3]
  header.pixDims = [handedness, ...geometry.spacing, frames > 1 ? (options.timeStep ?? 1) : 0, 0, 0, 0]
  return header
}

/**
 * The proper rotation of the qform, [row][column], RAS: x axis, y axis made square to it, slice normal. A grid whose
 * slices run against the normal is told by pixdim[0] = −1.
 */
function rotationRas(geometry: Geometry): number[][] {
  const x = geometry.direction[0]
  const normal = sliceNormal(geometry)
  const y = cross(normal, x)
  return [
    [-x[0], -y[0], -normal[0]],
    [-x[1], -y[1], -normal[1]],
    [x[2], y[2], normal[2]],
  ]
}

/** Quaternion (b, c, d; a ≥ 0 follows) of a proper rotation; nifti_mat44_to_quatern of nifti1_io.c. */
function quaternion(r: number[][]): Vec3 {
  const trace = r[0][0] + r[1][1] + r[2][2]
  if (trace > -0.5) {
    const a = 0.5 * Math.sqrt(1 + trace)
    return [(r[2][1] - r[1][2]) / (4 * a), (r[0][2] - r[2][0]) / (4 * a), (r[1][0] - r[0][1]) / (4 * a)]
  }
  const squares = [
    1 + r[0][0] - r[1][1] - r[2][2],
    1 + r[1][1] - r[0][0] - r[2][2],
    1 + r[2][2] - r[0][0] - r[1][1],
  ]
  const largest = squares.indexOf(Math.max(...squares))
  const q = 0.5 * Math.sqrt(squares[largest])
  const [i, j, k] = [largest, (largest + 1) % 3, (largest + 2) % 3]
  const a = (r[k][j] - r[j][k]) / (4 * q)
  const sign = a < 0 ? -1 : 1
  const result: Vec3 = [0, 0, 0]
  result[i] = sign * q
  result[j] = (sign * (r[i][j] + r[j][i])) / (4 * q)
  result[k] = (sign * (r[i][k] + r[k][i])) / (4 * q)
  return result
}

/** The voxels of a NIfTI file as they are stored; value = stored × slope + intercept. */
export interface StoredNifti {
  geometry: Geometry
  frames: number
  /** x fastest, then y, z, frame; 64-bit integers are numbers. */
  stored: StoredVoxels
  slope: number
  intercept: number
}

export type StoredVoxels =
  Uint8Array | Int8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array

/**
 * Reads a NIfTI-1 or -2 single file (`.nii`, `.nii.gz`), any real number type and byte order, with its scale factors
 * applied. Its grid is the sform, else the qform; voxels are x fastest, then y, z, frame. Throws `nifti-unreadable`
 * with the reason for a file that is damaged, truncated, or of another kind.
 */
export async function readNifti(
  path: string,
): Promise<{ geometry: Geometry; frames: number; voxels: Float32Array }> {
  const { geometry, frames, stored, slope, intercept } = await readStoredNifti(path)
  const voxels = new Float32Array(stored.length)
  if (slope === 1 && intercept === 0) voxels.set(stored)
  else for (let i = 0; i < voxels.length; i++) voxels[i] = stored[i] * slope + intercept
  return { geometry, frames, voxels }
}

/** The same without scaling or rounding to single precision, as labels need it. Throws `nifti-unreadable`. */
export async function readStoredNifti(path: string): Promise<StoredNifti> {
  const refuse = (message: string, hint?: string): UmbraError =>
    new UmbraError({ code: 'nifti-unreadable', message, hint, where: path })
  let file: Buffer
  try {
    file = await readFile(path)
  } catch (thrown) {
    throw refuse(`The file cannot be read: ${(thrown as Error).message}.`, 'Check the path.')
  }
  const compressed = file[0] === 0x1f && file[1] === 0x8b
  const start = compressed ? await gunzipped(file, HEADER_LIMIT, true).catch(() => Buffer.alloc(0)) : file
  const header = parseHeader(start)
  if (!header) throw refuse('This is not a NIfTI file.', 'Give a .nii or .nii.gz file.')
  if (header.magic.startsWith('ni')) {
    throw refuse('The voxels are in a separate .img file.', 'Convert it to a single .nii file.')
  }

  const size: Vec3 = [header.dims[1], header.dims[2], header.dims[3] || 1]
  const frames = header.dims[0] > 3 ? Math.max(1, header.dims[4]) : 1
  const count = size[0] * size[1] * size[2] * frames
  const beyond = header.dims.slice(5, header.dims[0] + 1).some((extent) => extent > 1)
  if (!(Math.min(...size) > 0) || beyond) {
    throw refuse(
      `Its dimensions ${header.dims.slice(1, header.dims[0] + 1).join(' × ')} are not a 3-D or 4-D image.`,
    )
  }
  const type = numberTypes[header.datatypeCode]
  if (!type) {
    throw refuse(`Voxels of type ${header.getDatatypeCodeString(header.datatypeCode)} cannot be read.`)
  }
  const needed = Math.max(0, header.vox_offset) + count * type.bytes
  if (!(needed <= LARGEST_BYTES)) {
    throw refuse(`It says to hold ${count} voxels, which is more than can be read.`)
  }
  const bytes = compressed ? await gunzipped(file, needed + 1, false).catch(() => null) : file
  if (!bytes) throw refuse('Its compressed part is damaged or cut off.', 'Copy or export the file again.')
  if (bytes.length < needed) {
    throw refuse(`It is cut off: ${bytes.length} bytes of ${needed}.`, 'Copy or export the file again.')
  }
  const geometry = geometryOfAffine(header.affine, size)
  if (!geometry) {
    throw refuse('Its affine maps the voxels onto a plane or a point.', 'Set a valid sform or qform.')
  }
  const scaled = Number.isFinite(header.scl_slope) && header.scl_slope !== 0
  return {
    geometry,
    frames,
    stored: storedVoxels(bytes, needed - count * type.bytes, count, type, header.littleEndian),
    slope: scaled ? header.scl_slope : 1,
    intercept: scaled && Number.isFinite(header.scl_inter) ? header.scl_inter : 0,
  }
}

function parseHeader(start: Buffer): NIFTI1 | NIFTI2 | null {
  const data = start.buffer.slice(
    start.byteOffset,
    start.byteOffset + Math.min(start.length, HEADER_LIMIT),
  ) as ArrayBuffer
  if (!isNIFTI(data, true)) return null
  try {
    return readHeader(data, true)
  } catch {
    return null
  }
}

interface NumberType {
  bytes: 1 | 2 | 4 | 8
  of(buffer: ArrayBuffer, offset: number, count: number): StoredVoxels
}

const numberTypes: Record<number, NumberType | undefined> = {
  [NIFTI1.TYPE_UINT8]: { bytes: 1, of: (buffer, offset, count) => new Uint8Array(buffer, offset, count) },
  [NIFTI1.TYPE_INT8]: { bytes: 1, of: (buffer, offset, count) => new Int8Array(buffer, offset, count) },
  [NIFTI1.TYPE_INT16]: { bytes: 2, of: (buffer) => new Int16Array(buffer) },
  [NIFTI1.TYPE_UINT16]: { bytes: 2, of: (buffer) => new Uint16Array(buffer) },
  [NIFTI1.TYPE_INT32]: { bytes: 4, of: (buffer) => new Int32Array(buffer) },
  [NIFTI1.TYPE_UINT32]: { bytes: 4, of: (buffer) => new Uint32Array(buffer) },
  [NIFTI1.TYPE_FLOAT32]: { bytes: 4, of: (buffer) => new Float32Array(buffer) },
  [NIFTI1.TYPE_FLOAT64]: { bytes: 8, of: (buffer) => new Float64Array(buffer) },
  [NIFTI1.TYPE_INT64]: { bytes: 8, of: (buffer) => Float64Array.from(new BigInt64Array(buffer), Number) },
  [NIFTI1.TYPE_UINT64]: { bytes: 8, of: (buffer) => Float64Array.from(new BigUint64Array(buffer), Number) },
}

/** The voxels in an array of their own type, in the byte order of this machine (little endian). */
function storedVoxels(
  bytes: Buffer,
  offset: number,
  count: number,
  type: NumberType,
  littleEndian: boolean,
): StoredVoxels {
  // Bytes need no alignment: they stay where they are.
  if (type.bytes === 1) return type.of(bytes.buffer as ArrayBuffer, bytes.byteOffset + offset, count)
  const copy = Buffer.from(new ArrayBuffer(count * type.bytes))
  bytes.copy(copy, 0, offset, offset + copy.length)
  if (!littleEndian) {
    if (type.bytes === 2) copy.swap16()
    if (type.bytes === 4) copy.swap32()
    if (type.bytes === 8) copy.swap64()
  }
  return type.of(copy.buffer, 0, count)
}

/** One gzip member of the parts, one after the other, fed in chunks so that only the result is held. */
async function gzipped(parts: Uint8Array[]): Promise<Buffer> {
  const gzip = createGzip({ level: GZIP_LEVEL })
  const out: Buffer[] = []
  gzip.on('data', (chunk: Buffer) => out.push(chunk))
  const finished = once(gzip, 'end')
  for (const part of parts) {
    for (let at = 0; at < part.length; at += CHUNK_BYTES) {
      if (!gzip.write(part.subarray(at, at + CHUNK_BYTES))) await once(gzip, 'drain')
    }
  }
  gzip.end()
  await finished
  return Buffer.concat(out)
}

/**
 * The first `limit` bytes of gzipped data, or fewer where it ends before; nothing beyond is expanded, whatever the
 * file says of itself. `partial` accepts data whose later part is damaged.
 */
function gunzipped(stored: Uint8Array, limit: number, partial: boolean): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const gunzip = createGunzip({
      chunkSize: limit <= WHOLE_BYTES ? Math.max(HEADER_LIMIT, limit) : CHUNK_BYTES,
    })
    const out: Buffer[] = []
    let length = 0
    const finish = (): void => {
      gunzip.destroy()
      resolve((out.length === 1 ? out[0] : Buffer.concat(out)).subarray(0, limit))
    }
    gunzip.on('data', (chunk: Buffer) => {
      out.push(chunk)
      length += chunk.length
      if (length >= limit) finish()
    })
    gunzip.on('end', finish)
    gunzip.on('error', (error) => (partial && length > 0 ? finish() : reject(error)))
    gunzip.end(stored)
  })
}

function printable(text: string, length: number): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, length)
}
