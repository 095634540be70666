import { createVectorUnit } from '../compute/vectorUnit'
import { placeNeighbours, writeRun } from './filterFrame'
import { eachRun, keepRows, resultSlice, selectedSlice, sourceSlice, type FilterJob } from './job'
import { gaussianNeighbourhood } from './neighbourhood'
import { VERY_FAR, reserveMarginPlane } from './plane'

type RowFilter = (slice: number, fromRow: number, toRow: number) => void

let prepared: { id: string; filter: RowFilter } | null = null

/** Rows that a call of `filterRows` filters at most. */
export const ROWS_AT_ONCE = 32

/** Filters rows of one slice in all frames by their course over time. */
export function filterRows(job: FilterJob, id: string, slice: number, fromRow: number, toRow: number): void {
  if (prepared?.id !== id) prepared = { id, filter: profileFilter(job) }
  prepared.filter(slice, fromRow, toRow)
}

/**
 * The time-intensity-profile similarity filter (TIPS; Mendrik et al., Phys Med Biol 2011;56:3857) in the slice plane:
 * every voxel's curve becomes the mean of its neighbours' curves, weighted by exp(−distance² / 2 profileMm²) ·
 * exp(−max(0, d² − 2σ²) / 2 profileHu²), d² being the mean over time of the squared difference of the two curves and σ
 * the noise. Mendrik's filter has d² itself in the exponent; what noise adds to it would favour the voxel itself.
 */
function profileFilter(job: FilterJob): RowFilter {
  const unit = createVectorUnit()
  const { size, frames, slope } = job.view
  const [nx, ny] = size
  const neighbours = gaussianNeighbourhood(job.settings.profileMm, job.settings.spatialReach, job.spacing)
  const reach = neighbours.reach[1]
  const image = reserveMarginPlane(unit, nx, ROWS_AT_ONCE, neighbours.reach, frames)
  const step = image.plane.floats.length / frames
  const { offsets, closeness } = placeNeighbours(unit, neighbours, image.stride)
  const count = neighbours.dx.length
  const scratch = unit.reserve(8 * count)
  const out = unit.reserve(8 * frames)
  const profile = job.settings.profileHu * job.perHu
  const perProfile = 1 / (2 * profile * profile * frames * Math.LN2)
  const expected = 2 * frames * job.noise * job.noise
  const fill = (slice: number, fromRow: number, toRow: number): void => {
    const values = image.plane.floats
    values.fill(VERY_FAR)
    for (let frame = 0; frame < frames; frame++) {
      const stored = sourceSlice(job, slice, frame)
      for (let y = Math.max(0, fromRow - reach); y < Math.min(ny, toRow + reach); y++) {
        const start = frame * step + image.at(0, y - fromRow)
        for (let x = 0; x < nx; x++) values[start + x] = stored[y * nx + x] * slope
      }
    }
  }
  return (slice, fromRow, toRow) => {
    for (let frame = 0; frame < frames; frame++) keepRows(job, slice, frame, fromRow, toRow)
    const selected = selectedSlice(job, slice)
    if (!selected.subarray(fromRow * nx, toRow * nx).includes(1)) return
    fill(slice, fromRow, toRow)
    const results = Array.from({ length: frames }, (_, frame) => resultSlice(job, slice, frame))
    for (let y = fromRow; y < toRow; y++) {
      eachRun(selected, nx, y, (from, to) => {
        for (let x = from; x < to; x += 8) {
          const at = image.plane.at + 4 * image.at(x, y - fromRow)
          unit.kernels.profileGuided(
            at,
            frames,
            4 * step,
            offsets.at,
            closeness.at,
            count,
            perProfile,
            expected,
            scratch.at,
            out.at,
          )
          const values = out.floats
          for (let frame = 0; frame < frames; frame++) {
            writeRun(job, results[frame], selected, y * nx, x, x + 8, values, 8 * frame)
          }
        }
      })
    }
  }
}
