import { kernelsBinary } from './kernelsBinary'

/** Voxels in a block: what the kernels work on lies as [row × LANES], a lane a voxel. */
export const LANES = 64

/** Numbers of four bytes in the memory of a vector unit. The views last until the unit reserves again. */
export interface Plane {
  /** Address, bytes. */
  readonly at: number
  readonly floats: Float32Array
  readonly integers: Int32Array
}

/** kernels/*.ts, translated; every address in bytes. */
interface Kernels {
  multiply(
    ...args: [
      matrix: number,
      columns: number,
      out: number,
      m: number,
      k: number,
      width: number,
      outStep: number,
    ]
  ): void
  enhance(
    ...args: [
      values: number,
      rows: number,
      first: number,
      slope: number,
      intercept: number,
      width: number,
      baseline: number,
    ]
  ): void
  keepInside(...args: [values: number, rows: number, step: number, inside: number, width: number]): void
  averageSimilar(
    ...args: [
      coordinates: number,
      plane: number,
      rank: number,
      offsets: number,
      weights: number,
      count: number,
      perVariance: number,
      perBaseline: number,
      expected: number,
      perSpread: number,
      scratch: number,
      out: number,
      width: number,
    ]
  ): void
  bilateral(
    ...args: [
      plane: number,
      offsets: number,
      nearness: number,
      quads: number,
      own: number,
      far: number,
      first: number,
      second: number,
      third: number,
      out: number,
      width: number,
    ]
  ): void
  profileWeights(
    ...args: [
      values: number,
      flags: number,
      step: number,
      offsets: number,
      closeness: number,
      half: number,
      stride: number,
      perProfile: number,
      expected: number,
      limit: number,
      weights: number,
      from: number,
      to: number,
    ]
  ): void
  profileMeans(
    ...args: [
      values: number,
      flags: number,
      step: number,
      offsets: number,
      half: number,
      stride: number,
      weights: number,
      mirrored: number,
      lists: number,
      out: number,
      from: number,
      to: number,
    ]
  ): void
  transposed(
    ...args: [
      from: number,
      rows: number,
      columns: number,
      fromStep: number,
      out: number,
      outStep: number,
      scale: number,
      shift: number,
    ]
  ): void
  patchGuided(
    ...args: [
      plane: number,
      rowBytes: number,
      rows: number,
      offset: number,
      radius: number,
      perPatch: number,
      expected: number,
      sums: number,
      totals: number,
      shifts: number,
      width: number,
    ]
  ): void
  resampleRow(
    ...args: [
      volume: number,
      nx: number,
      slices: number,
      above: number,
      x: number,
      y: number,
      z: number,
      stepX: number,
      stepY: number,
      stepZ: number,
      first: number,
      end: number,
      out: number,
    ]
  ): void
  highestRows(...args: [values: number, rows: number, width: number, out: number]): void
  factoriseBand(...args: [matrix: number, size: number, band: number]): void
  solveBand(...args: [matrix: number, size: number, band: number, values: number, columns: number]): void
  sumCells(
    ...args: [
      found: number,
      courses: number,
      cells: number,
      courseCount: number,
      columns: number,
      sums: number,
    ]
  ): void
  addSamples(
    ...args: [
      firsts: number,
      profiles: number,
      courses: number,
      reversed: number,
      samples: number,
      frames: number,
      slices: number,
      cells: number,
      parts: number,
      courseCount: number,
      columns: number,
      matrix: number,
      right: number,
      scratch: number,
    ]
  ): void
}

/** A memory with the kernels that work in it on the processor's vectors (kernels/kernels.ts says what each does). */
export interface VectorUnit {
  readonly kernels: Kernels
  /** Room for so many numbers, all 0. */
  reserve(count: number): Plane
}

const PAGE = 65_536
let compiled: WebAssembly.Module | null = null

export function createVectorUnit(): VectorUnit {
  const memory = new WebAssembly.Memory({ initial: 1 })
  compiled ??= new WebAssembly.Module(Buffer.from(kernelsBinary, 'base64'))
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } })
  let next = 0
  return {
    kernels: exports as unknown as Kernels,
    reserve: (count) => {
      const at = next
      next += 16 * Math.ceil(count / 4)
      const missing = next - memory.buffer.byteLength
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE))
      return {
        at,
        get floats() {
          return new Float32Array(memory.buffer, at, count)
        },
        get integers() {
          return new Int32Array(memory.buffer, at, count)
        },
      }
    },
  }
}

/** A fixed matrix times blocks of columns. */
export interface BlockProduct {
  /** Rows of the result, padded to a multiple of four with rows of 0. */
  readonly rows: number
  /** out[rows × LANES] = matrix · columns[k × LANES]; rows of `out` begin `step` numbers apart. */
  run(columns: Plane, out: number, step?: number): void
}

/** Prepares the product with `matrix` [m × k], row-major. */
export function createBlockProduct(
  unit: VectorUnit,
  matrix: ArrayLike<number>,
  m: number,
  k: number,
): BlockProduct {
  const rows = padded(m)
  const packed = unit.reserve(rows * k)
  const values = packed.floats
  for (let i = 0; i < m; i++) {
    const band = (i >> 2) * 4 * k + (i & 3)
    for (let j = 0; j < k; j++) values[band + 4 * j] = matrix[i * k + j]
  }
  const { multiply } = unit.kernels
  return {
    rows,
    run: (columns, out, step = LANES) => multiply(packed.at, columns.at, out, rows, k, LANES, 4 * step),
  }
}

/** The rows a product of `m` rows writes. */
export function padded(m: number): number {
  return 4 * Math.ceil(m / 4)
}
