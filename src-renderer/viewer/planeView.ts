import type { Geometry, Vec3 } from '@contract'

/** What a pane looks at: a slice, how far it is zoomed in (1 shows the whole slice), and the world point in the middle
 * (null: the centre of the slice). Zoom is relative to the fit, so panes of different size show the same field. */
export interface PlaneView {
  slice: number
  zoom: number
  centre: Vec3 | null
}

/**
 * Maps the in-plane voxel coordinates (i, j) of a slice to canvas pixels: x = originX + i · scaleX, and y alike. Rows
 * run to the right and columns down, as stored, whatever the obliquity of the plane.
 */
export interface PlaneTransform {
  originX: number
  originY: number
  scaleX: number
  scaleY: number
  millimetresPerPixel: number
}

export const ZOOM_LIMITS = { lower: 0.25, upper: 40 }

/** Width and height of a slice, mm. */
export function fieldOf(geometry: Geometry): [number, number] {
  return [geometry.size[0] * geometry.spacing[0], geometry.size[1] * geometry.spacing[1]]
}

/** Millimetres per canvas pixel at which a field, in mm, just fits. */
export function fitScale(field: [number, number], width: number, height: number): number {
  return Math.max(field[0] / width, field[1] / height)
}

/**
 * The transform of a view on a canvas of width × height pixels; `centre` in in-plane voxel coordinates. At zoom 1 the
 * `field` fits: the slice's own, or one that several planes share so that they have one scale.
 */
export function planeTransform(
  geometry: Geometry,
  width: number,
  height: number,
  zoom: number,
  centre: [number, number],
  field: [number, number] = fieldOf(geometry),
): PlaneTransform {
  const millimetresPerPixel = fitScale(field, width, height) / zoom
  const scaleX = geometry.spacing[0] / millimetresPerPixel
  const scaleY = geometry.spacing[1] / millimetresPerPixel
  return {
    originX: width / 2 - centre[0] * scaleX,
    originY: height / 2 - centre[1] * scaleY,
    scaleX,
    scaleY,
    millimetresPerPixel,
  }
}

export function planeToCanvas(transform: PlaneTransform, [i, j]: [number, number]): [number, number] {
  return [transform.originX + i * transform.scaleX, transform.originY + j * transform.scaleY]
}

export function canvasToPlane(transform: PlaneTransform, [x, y]: [number, number]): [number, number] {
  return [(x - transform.originX) / transform.scaleX, (y - transform.originY) / transform.scaleY]
}

/**
 * The in-plane centre after zooming by `factor` about a canvas point, so that the voxel under it stays under it.
 */
export function zoomAbout(
  transform: PlaneTransform,
  centre: [number, number],
  point: [number, number],
  factor: number,
): [number, number] {
  const fixed = canvasToPlane(transform, point)
  return [fixed[0] + (centre[0] - fixed[0]) / factor, fixed[1] + (centre[1] - fixed[1]) / factor]
}

export function clampZoom(zoom: number): number {
  return Math.max(ZOOM_LIMITS.lower, Math.min(ZOOM_LIMITS.upper, zoom))
}

/** The longest of 1, 2 or 5 × 10ⁿ mm that is no wider than `maximumPixels`. */
export function scaleBar(
  millimetresPerPixel: number,
  maximumPixels: number,
): { millimetres: number; pixels: number } {
  const longest = millimetresPerPixel * maximumPixels
  const decade = 10 ** Math.floor(Math.log10(longest))
  const factor = [5, 2, 1].find((step) => step * decade <= longest) ?? 1
  const millimetres = factor * decade
  return { millimetres, pixels: millimetres / millimetresPerPixel }
}
