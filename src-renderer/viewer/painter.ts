import type { VoxelArray } from '@contract'

export interface Display {
  lower: number
  upper: number
  colourMap: string
  interpolation: 'linear' | 'nearest'
}

export interface PlaneCamera {
  /** In-plane voxel coordinates in the middle of the canvas. */
  centre: [number, number]
  /** CSS pixels. */
  millimetresPerPixel: number
}

/** Which slice of which frame. */
export interface Place {
  slice: number
  frame: number
}

/** What draws the voxels of a pane; all that lies over them is drawn by the pane itself. */
export interface Painter {
  /**
   * Draws a slice of a frame. Resolves, when it or a newer one asked for meanwhile stands, to what is on the screen.
   */
  show(array: VoxelArray, frame: number, slice: number): Promise<Place | null>
  setDisplay(display: Display): void
  setCamera(camera: PlaneCamera): void
  /** After the element changed size. */
  resize(): void
  destroy(): void
}
