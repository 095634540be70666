import type { JointHistogram, MapAgreement } from '@contract'
import { stopIfCancelled, type Run } from '../compute/run'
import { createStructuralSimilarity } from './structuralSimilarity'

/** Two maps of one quantity on one grid, [z × y × x], and the voxels in which both are known. */
export interface MapPair {
  map: Float32Array
  reference: Float32Array
  mask: Uint8Array
  size: readonly [number, number, number]
}

/** Sums over voxels, enough for every figure but the structural similarity. */
class Moments {
  private voxels = 0
  private meanMap = 0
  private meanReference = 0
  private squareMap = 0
  private squareReference = 0
  private product = 0
  private difference = 0
  private absolute = 0
  private square = 0
  private similarity = 0

  add(map: number, reference: number, similarity: number): void {
    this.voxels++
    const fromMap = map - this.meanMap
    const fromReference = reference - this.meanReference
    this.meanMap += fromMap / this.voxels
    this.meanReference += fromReference / this.voxels
    this.squareMap += fromMap * (map - this.meanMap)
    this.squareReference += fromReference * (reference - this.meanReference)
    this.product += fromMap * (reference - this.meanReference)
    const difference = map - reference
    this.difference += difference
    this.absolute += Math.abs(difference)
    this.square += difference * difference
    this.similarity += similarity
  }

  agreement(dynamicRange: number): MapAgreement {
    const { voxels } = this
    if (voxels === 0) {
      return { voxels, bias: null, mae: null, rmse: null, psnr: null, ssim: null, pearson: null }
    }
    const meanSquare = this.square / voxels
    const spread = Math.sqrt(this.squareMap * this.squareReference)
    return {
      voxels,
      bias: this.difference / voxels,
      mae: this.absolute / voxels,
      rmse: Math.sqrt(meanSquare),
      psnr: meanSquare > 0 && dynamicRange > 0 ? 10 * Math.log10(dynamicRange ** 2 / meanSquare) : null,
      ssim: dynamicRange > 0 ? this.similarity / voxels : null,
      pearson: spread > 0 ? this.product / spread : null,
    }
  }
}

/** Largest minus smallest value of the reference in the mask: the dynamic range of PSNR and SSIM. */
export function dynamicRangeOf(reference: Float32Array, mask: Uint8Array): number {
  let lower = Infinity
  let upper = -Infinity
  for (let voxel = 0; voxel < mask.length; voxel++) {
    if (mask[voxel] === 0) continue
    lower = Math.min(lower, reference[voxel])
    upper = Math.max(upper, reference[voxel])
  }
  return upper > lower ? upper - lower : 0
}

/**
 * How far a map agrees with its reference inside the mask: for the whole study and for each slice, bias (map −
 * reference), mean absolute and root mean square error, peak signal-to-noise ratio (dB), structural similarity (slice by
 * slice, its index averaged over the mask) and Pearson's r. PSNR and SSIM take the reference's range in the mask of the
 * study as dynamic range. A figure that has no value (no voxels, no spread, no error) is null.
 */
export async function compareMaps(
  { map, reference, mask, size: [nx, ny, nz] }: MapPair,
  run: Run = {},
): Promise<{ study: MapAgreement; slices: MapAgreement[]; dynamicRange: number }> {
  const dynamicRange = dynamicRangeOf(reference, mask)
  const similarityOf = createStructuralSimilarity([nx, ny], dynamicRange)
  const plane = nx * ny
  const study = new Moments()
  const slices: MapAgreement[] = []
  for (let z = 0; z < nz; z++) {
    stopIfCancelled(run)
    const from = z * plane
    const to = from + plane
    const slice = new Moments()
    if (mask.subarray(from, to).includes(1)) {
      const similarity = similarityOf(map.subarray(from, to), reference.subarray(from, to))
      for (let voxel = from; voxel < to; voxel++) {
        if (mask[voxel] === 0) continue
        study.add(map[voxel], reference[voxel], similarity[voxel - from])
        slice.add(map[voxel], reference[voxel], similarity[voxel - from])
      }
    }
    slices.push(slice.agreement(dynamicRange))
    run.onProgress?.((z + 1) / nz, 'Comparing the maps')
    // Other requests of the engine get their turn between two slices.
    await new Promise(setImmediate)
  }
  return { study: study.agreement(dynamicRange), slices, dynamicRange }
}

/**
 * Voxels of the mask counted by map (columns) and reference (rows), both in `bins` equal steps from lower to upper;
 * values beyond fall into the outermost bins. `slice` null: the whole study. Row-major, the lowest values first.
 */
export function jointHistogram(
  { map, reference, mask, size: [nx, ny] }: MapPair,
  slice: number | null,
  { lower, upper }: { lower: number; upper: number },
  bins: number,
): JointHistogram {
  const counts = new Array<number>(bins * bins).fill(0)
  const plane = nx * ny
  const [from, to] = slice === null ? [0, mask.length] : [slice * plane, (slice + 1) * plane]
  const scale = bins / (upper - lower)
  const binOf = (value: number): number =>
    Math.max(0, Math.min(bins - 1, Math.floor((value - lower) * scale)))
  for (let voxel = from; voxel < to; voxel++) {
    if (mask[voxel] !== 0) counts[binOf(reference[voxel]) * bins + binOf(map[voxel])]++
  }
  return { bins, lower, upper, counts }
}
