import type { Geometry, Vec3 } from '@contract'
import { FIELD_OF_VIEW, frameTimes, type PhantomOptions } from './options'
import { mixSeeds, randomStream, uniform } from '../compute/random'
import { deterministicUid } from './uid'

/** Height of the lowest slice over the anterior commissure, mm: just below the middle cerebral artery. */
const LOWEST_SLICE = -18

/** A number as it survives a DICOM decimal string of at most 16 characters. */
export function decimal(value: number): number {
  return Number(decimalString(value))
}

export function decimalString(value: number): string {
  const shortest = String(value)
  if (shortest.length <= 16 && !shortest.includes('e')) return shortest
  for (let digits = 14; digits > 0; digits--) {
    const text = String(Number(value.toFixed(digits)))
    if (text.length <= 16 && !text.includes('e')) return text
  }
  return String(Math.round(value))
}

/**
 * The slices of a phantom: square, feet to head, centred on the patient's axis. A tilted gantry turns the planes about
 * x while the table still moves along z, which shears the grid; an oblique one turns planes and steps together.
 */
export function phantomGeometry(options: PhantomOptions): Geometry {
  const { size, slices, thickness } = options
  const spacing = decimal(FIELD_OF_VIEW / size)
  const half = ((size - 1) / 2) * spacing
  const tilt = (options.tilt * Math.PI) / 180
  const oblique = (options.oblique * Math.PI) / 180
  const x: Vec3 = [Math.cos(oblique), 0, Math.sin(oblique)]
  const y: Vec3 = [0, Math.cos(tilt), -Math.sin(tilt)]
  const z: Vec3 = [-Math.sin(oblique), 0, Math.cos(oblique)]
  const step = decimal(thickness / Math.cos(tilt))
  const height = slices * thickness
  const bottom = options.kind === 'kudo' ? 0 : LOWEST_SLICE - Math.max(0, height - 85) / 2
  const round = (v: Vec3): Vec3 => [decimal(v[0]), decimal(v[1]), decimal(v[2])]
  return {
    size: [size, size, slices],
    spacing: [spacing, spacing, step],
    origin: round([
      -half * (x[0] + y[0]) + bottom * z[0],
      -half * (x[1] + y[1]) + bottom * z[1],
      -half * (x[2] + y[2]) + bottom * z[2],
    ]),
    direction: [round(x), round(y), round(z)],
    frameOfReference: deterministicUid(options, 'frame-of-reference'),
  }
}

/**
 * When every slice of every time point is acquired, [frame × slices + slice], s from the first; to 0.1 ms, as the
 * times in the files. In shuttle mode the upper half of the slices follows half an interval after the lower one.
 */
export function acquisitionTimes(options: PhantomOptions): Float64Array {
  const { slices, volumes } = options
  const nominal = frameTimes(options)
  const random = randomStream(mixSeeds(options.seed, 0x71e5))
  const times = new Float64Array(volumes * slices)
  for (let frame = 0; frame < volumes; frame++) {
    const shift = frame === 0 || options.jitter === 0 ? 0 : uniform(random, -options.jitter, options.jitter)
    const next = frame + 1 < volumes ? nominal[frame + 1] - nominal[frame] : options.interval
    for (let slice = 0; slice < slices; slice++) {
      const later = options.shuttle && slice >= slices / 2 ? next / 2 : 0
      times[frame * slices + slice] = Math.round((nominal[frame] + shift + later) * 1e4) / 1e4
    }
  }
  return times
}
