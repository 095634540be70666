import type { Vec3 } from '@contract'
import { edgeRuns, unionOfBoxes, type Box } from '../drawing'
import { planeToCanvas, type PlaneTransform } from './planeView'

/** One structure, or a proposal, as it is drawn over a picture. */
export interface OverlayLayer {
  /** 0 or 1 for each voxel of the grid. */
  voxels: Uint8Array
  colour: [number, number, number]
  /** Opacity of its inside, 0–1. */
  fill: number
  outline: boolean
  dashed: boolean
  /** A dark line under the outline, where it has to be seen on any colour. */
  halo?: boolean
}

export interface OverlayPlace {
  size: Vec3
  slice: number
  transform: PlaneTransform
  /** CSS pixels. */
  width: number
  height: number
}

/** Voxels around a change that its outline reaches into. */
const RIM = 1

/**
 * Draws structures over a pane: their inside voxel by voxel, their outline along voxel edges at the sharpness of the
 * screen. Only the slice shown is drawn, and while one draws only the rectangle that changed, once for each picture of
 * the screen. It has a canvas of its own, so that the voxels below are not drawn again (docs/adr/0013).
 */
export class LabelOverlay {
  private readonly context: CanvasRenderingContext2D
  private readonly picture = document.createElement('canvas')
  private layers: readonly OverlayLayer[] = []
  private place: OverlayPlace | null = null
  private dirty: Box | null = null
  private frame: number | null = null

  constructor(private readonly canvas: HTMLCanvasElement) {
    this.context = canvas.getContext('2d') as CanvasRenderingContext2D
  }

  setLayers(layers: readonly OverlayLayer[]): void {
    this.layers = layers
    this.drawAll()
  }

  setPlace(place: OverlayPlace): void {
    this.place = place
    const ratio = window.devicePixelRatio || 1
    const [width, height] = [Math.round(place.width * ratio), Math.round(place.height * ratio)]
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width
      this.canvas.height = height
    }
    const [nx, ny] = place.size
    if (this.picture.width !== nx || this.picture.height !== ny) {
      this.picture.width = nx
      this.picture.height = ny
    }
    this.drawAll()
  }

  /** Voxels of a box have changed. */
  change(box: Box): void {
    const slice = this.place?.slice
    if (slice === undefined || slice < box.from[2] || slice > box.to[2]) return
    this.dirty = unionOfBoxes(this.dirty, {
      from: [box.from[0], box.from[1], slice],
      to: [box.to[0], box.to[1], slice],
    })
    this.frame ??= requestAnimationFrame(() => this.draw())
  }

  destroy(): void {
    if (this.frame !== null) cancelAnimationFrame(this.frame)
    this.frame = null
  }

  private drawAll(): void {
    if (this.place === null) return
    const [nx, ny] = this.place.size
    const { slice } = this.place
    this.dirty = null
    this.change({ from: [0, 0, slice], to: [nx - 1, ny - 1, slice] })
  }

  private draw(): void {
    this.frame = null
    const { place, dirty, context } = this
    this.dirty = null
    if (place === null || dirty === null) return
    const [nx, ny] = place.size
    const box = grown(dirty, 2 * RIM, nx, ny)
    const ratio = window.devicePixelRatio || 1
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.save()
    const whole = box.from[0] === 0 && box.from[1] === 0 && box.to[0] === nx - 1 && box.to[1] === ny - 1
    if (!whole) this.clip(grown(dirty, RIM, nx, ny), place.transform)
    context.clearRect(0, 0, place.width, place.height)
    this.drawInside(box, place)
    for (const layer of this.layers) if (layer.outline) this.drawOutline(layer, box, place)
    context.restore()
  }

  private clip(box: Box, transform: PlaneTransform): void {
    const [left, top] = planeToCanvas(transform, [box.from[0] - 0.5, box.from[1] - 0.5])
    const [right, bottom] = planeToCanvas(transform, [box.to[0] + 0.5, box.to[1] + 0.5])
    this.context.beginPath()
    this.context.rect(
      Math.floor(left),
      Math.floor(top),
      Math.ceil(right) - Math.floor(left),
      Math.ceil(bottom) - Math.floor(top),
    )
    this.context.clip()
  }

  private drawInside({ from, to }: Box, { size, slice, transform }: OverlayPlace): void {
    const [width, height] = [to[0] - from[0] + 1, to[1] - from[1] + 1]
    const layers = this.layers.filter(({ fill }) => fill > 0)
    const picture = this.picture.getContext('2d')
    if (layers.length === 0 || picture === null) return
    const pixels = new ImageData(width, height)
    for (let y = 0; y < height; y++) {
      const row = (slice * size[1] + from[1] + y) * size[0] + from[0]
      for (let x = 0; x < width; x++) {
        for (const { voxels, colour, fill } of layers) {
          if (voxels[row + x] === 1) blend(pixels.data, 4 * (y * width + x), colour, fill)
        }
      }
    }
    picture.putImageData(pixels, from[0], from[1])
    const [left, top] = planeToCanvas(transform, [from[0] - 0.5, from[1] - 0.5])
    this.context.imageSmoothingEnabled = false
    this.context.drawImage(
      this.picture,
      from[0],
      from[1],
      width,
      height,
      left,
      top,
      width * transform.scaleX,
      height * transform.scaleY,
    )
  }

  private drawOutline(layer: OverlayLayer, box: Box, { size, transform }: OverlayPlace): void {
    const drawn = contentWithin(layer.voxels, size, box)
    if (drawn === null) return
    const { context } = this
    const runs = edgeRuns(layer.voxels, size, drawn)
    context.beginPath()
    for (let at = 0; at < runs.length; at += 4) {
      context.moveTo(...planeToCanvas(transform, [runs[at], runs[at + 1]]))
      context.lineTo(...planeToCanvas(transform, [runs[at + 2], runs[at + 3]]))
    }
    context.lineCap = 'square'
    if (layer.halo) {
      context.lineWidth = 4
      context.strokeStyle = 'rgb(0 0 0 / 55%)'
      context.setLineDash([])
      context.stroke()
    }
    context.lineWidth = layer.halo ? 2 : 1.5
    context.strokeStyle = `rgb(${layer.colour.join(' ')})`
    context.setLineDash(layer.dashed ? [4, 4] : [])
    context.stroke()
  }
}

function grown({ from, to }: Box, by: number, nx: number, ny: number): Box {
  return {
    from: [Math.max(0, from[0] - by), Math.max(0, from[1] - by), from[2]],
    to: [Math.min(nx - 1, to[0] + by), Math.min(ny - 1, to[1] + by), to[2]],
  }
}

/** The rows of a box that hold anything of the layer; a whole slice is mostly empty. Null without any. */
function contentWithin(voxels: Uint8Array, [nx, ny]: Vec3, box: Box): Box | null {
  const start = (box.from[2] * ny + box.from[1]) * nx
  const rows = voxels.subarray(start, (box.from[2] * ny + box.to[1] + 1) * nx)
  const first = rows.indexOf(1)
  if (first < 0) return null
  const last = rows.lastIndexOf(1)
  return {
    from: [box.from[0], box.from[1] + Math.floor(first / nx), box.from[2]],
    to: [box.to[0], box.from[1] + Math.floor(last / nx), box.to[2]],
  }
}

/** Lays a colour over what is there (not premultiplied, as ImageData has it). */
function blend(data: Uint8ClampedArray, at: number, colour: readonly number[], alpha: number): void {
  const below = data[at + 3] / 255
  const total = alpha + below * (1 - alpha)
  for (let channel = 0; channel < 3; channel++) {
    data[at + channel] = (colour[channel] * alpha + data[at + channel] * below * (1 - alpha)) / total
  }
  data[at + 3] = total * 255
}
