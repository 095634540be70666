import type { Geometry } from '@contract'
import { surfaceOf, type MaskPart } from './surface'

self.onmessage = ({ data }: MessageEvent<{ part: MaskPart; geometry: Geometry }>) => {
  const surface = surfaceOf(data.part, data.geometry)
  const { points, normals, polys } = surface
  self.postMessage(surface, { transfer: [points.buffer, normals.buffer, polys.buffer] })
}
