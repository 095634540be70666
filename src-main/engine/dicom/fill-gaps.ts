import type { Vec3 } from '@contract'
import type { Voxels } from '../volume'
import type { Arrangement } from './arrange'

/**
 * Fills missing slices in place: linear in time between the same position's slices before and after, by their real
 * times; a copy of the nearest at the ends.
 */
export function fillGaps(voxels: Voxels, [nx, ny, nz]: Vec3, { cells, frames, times }: Arrangement): void {
  const length = nx * ny
  const at = (frame: number, z: number): Voxels => {
    const start = (frame * nz + z) * length
    return voxels.subarray(start, start + length)
  }
  for (let z = 0; z < nz; z++) {
    for (let frame = 0; frame < frames; frame++) {
      if (cells[frame * nz + z]) continue
      let before = frame - 1
      while (before >= 0 && !cells[before * nz + z]) before--
      let after = frame + 1
      while (after < frames && !cells[after * nz + z]) after++
      if (before < 0 || after >= frames) {
        at(frame, z).set(at(before < 0 ? after : before, z))
        continue
      }
      const [start, end] = [times[before * nz + z], times[after * nz + z]]
      const weight = end > start ? (times[frame * nz + z] - start) / (end - start) : 0.5
      const [from, to, filled] = [at(before, z), at(after, z), at(frame, z)]
      const whole = !(voxels instanceof Float32Array)
      for (let i = 0; i < length; i++) {
        const value = from[i] + weight * (to[i] - from[i])
        filled[i] = whole ? Math.round(value) : value
      }
    }
  }
}
