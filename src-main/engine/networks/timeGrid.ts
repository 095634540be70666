/** Weights of frames in samples: row-major [sample × frame]. */
export interface TimeWeights {
  samples: number
  frames: number
  weights: Float32Array
}

/**
 * How samples at `at` (s, rising) are made of frames at `times` (s, rising): a triangle around each sample, as wide as
 * the samples' interval or, where the frames are further apart, as their gap, which there is linear interpolation. So
 * dense frames are averaged and noise goes with them. Beyond either end the value at the end is held.
 */
export function timeWeights(times: Float64Array, at: Float64Array): TimeWeights {
  const frames = times.length
  const weights = new Float32Array(at.length * frames)
  const last = frames - 1
  const interval = at.length > 1 ? at[1] - at[0] : 0
  for (let sample = 0, next = 1; sample < at.length; sample++) {
    const t = Math.min(Math.max(at[sample], times[0]), times[last])
    while (next < last && times[next] < t) next++
    const gap = frames > 1 ? times[next] - times[next - 1] : 1
    const reach = Math.max(interval, gap, 1e-6)
    let sum = 0
    for (let frame = 0; frame < frames; frame++) {
      const weight = Math.max(0, 1 - Math.abs(times[frame] - t) / reach)
      weights[sample * frames + frame] = weight
      sum += weight
    }
    for (let frame = 0; frame < frames; frame++) weights[sample * frames + frame] /= sum
  }
  return { samples: at.length, frames, weights }
}

/** Samples `interval` apart from `start` on. */
export function uniformGrid(start: number, interval: number, samples: number): Float64Array {
  return Float64Array.from({ length: samples }, (_, i) => start + i * interval)
}
