import type { Vec3 } from '@contract'
import { signedDistance } from './distance'

/**
 * A structure drawn on some slices, filled in on the empty slices between them by shape: the signed distances to the two
 * outlines, mixed by how near each is; inside where the mixture is positive (Raya and Udupa, IEEE Trans Med Imaging 9,
 * 1990). Where the two outlines do not overlap, each is first moved so that their centres of mass lie on the line that
 * joins them (Herman, Zheng and Bucholtz, IEEE Comput Graph Appl 12, 1992). Slices that are drawn stay as they are.
 */
export function interpolated(mask: Uint8Array, size: Vec3, spacing: Vec3): Uint8Array {
  const length = size[0] * size[1]
  const filled = mask.slice()
  const slice = (z: number): Uint8Array => mask.subarray(z * length, (z + 1) * length)
  const drawn: number[] = []
  for (let z = 0; z < size[2]; z++) if (slice(z).includes(1)) drawn.push(z)
  for (let index = 0; index + 1 < drawn.length; index++) {
    const [below, above] = [drawn[index], drawn[index + 1]]
    if (above - below < 2) continue
    const between = betweenSlices(slice(below), slice(above), size, spacing)
    for (let z = below + 1; z < above; z++) {
      filled.set(between((z - below) / (above - below)), z * length)
    }
  }
  return filled
}

/** The outline at a share of the way from one slice to another. */
function betweenSlices(
  a: Uint8Array,
  b: Uint8Array,
  [nx, ny]: Vec3,
  spacing: Vec3,
): (share: number) => Uint8Array {
  const plane: Vec3 = [nx, ny, 1]
  const [distanceA, distanceB] = [signedDistance(a, plane, spacing), signedDistance(b, plane, spacing)]
  const overlap = a.some((inside, at) => inside === 1 && b[at] === 1)
  const [ax, ay] = centreOfMass(a, nx)
  const [bx, by] = centreOfMass(b, nx)
  const way = overlap ? [0, 0] : [bx - ax, by - ay]
  const sample = (of: Float32Array, x: number, y: number): number =>
    of[Math.max(0, Math.min(ny - 1, y)) * nx + Math.max(0, Math.min(nx - 1, x))]
  return (share) => {
    const [forthX, forthY] = [Math.round(way[0] * share), Math.round(way[1] * share)]
    const [backX, backY] = [Math.round(way[0] * (share - 1)), Math.round(way[1] * (share - 1))]
    const mask = new Uint8Array(nx * ny)
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++) {
        const mixed =
          (1 - share) * sample(distanceA, x - forthX, y - forthY) +
          share * sample(distanceB, x - backX, y - backY)
        mask[y * nx + x] = mixed > 0 ? 1 : 0
      }
    }
    return mask
  }
}

function centreOfMass(mask: Uint8Array, nx: number): [number, number] {
  let [x, y, count] = [0, 0, 0]
  for (let at = 0; at < mask.length; at++) {
    if (mask[at] === 0) continue
    x += at % nx
    y += Math.floor(at / nx)
    count++
  }
  return [x / count, y / count]
}
