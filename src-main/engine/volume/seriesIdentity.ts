import { createHash } from 'node:crypto'
import { frameOf, type VolumeSeries } from './series'

const known = new WeakMap<VolumeSeries, Promise<string>>()

async function identify(series: VolumeSeries): Promise<string> {
  const { kind, geometry, frames, slope, intercept, unit, times, echoTime, source } = series
  const hash = createHash('sha256')
  const description = {
    kind,
    geometry,
    frames,
    slope,
    intercept,
    unit,
    echoTime,
    uid: source.seriesInstanceUid,
  }
  hash.update(JSON.stringify(description))
  hash.update(new Uint8Array(times.buffer, times.byteOffset, times.byteLength))
  for (let frame = 0; frame < frames; frame++) {
    const voxels = frameOf(series, frame)
    hash.update(new Uint8Array(voxels.buffer, voxels.byteOffset, voxels.byteLength))
    // A turn of the event loop after each frame, so that requests are still answered.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return hash.digest('hex')
}

/** A hash of all that a result can depend on: grid, times, scaling and every voxel. The same however it was opened. */
export function seriesIdentity(series: VolumeSeries): Promise<string> {
  const identity = known.get(series) ?? identify(series)
  known.set(series, identity)
  return identity
}
