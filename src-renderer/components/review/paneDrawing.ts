import type { Component, InjectionKey } from 'vue'

/** Where the pointer is on a pane: in-plane voxel coordinates of the slice shown. */
export interface PanePoint {
  pane: string
  slice: number
  point: [number, number]
}

/** What follows a press until the button is released. */
export interface DrawingDrag {
  move: (point: [number, number]) => void
  /** `kept` is false where the system ended the movement: it is as if it had never begun. */
  end: (kept: boolean) => void
}

/** How the left button draws. */
export interface DrawingPointer {
  /** Whether it draws now; else it acts as in Review. */
  draws: () => boolean
  /** Starts what a press does; null where that is all. */
  press: (at: PanePoint, event: PointerEvent) => DrawingDrag | null
  hover: (at: PanePoint | null) => void
  doubleClick: () => void
}

/** What a room adds to every pane below it: a picture over the voxels, and the hand that draws there. */
export interface PaneDrawing {
  pointer: DrawingPointer
  /** Takes paneId, geometry, transform, width, height and slice. */
  overlay: Component
}

export const paneDrawingKey: InjectionKey<PaneDrawing> = Symbol('drawing on panes')

/** A picture over the voxels of every pane below, where nothing is drawn by hand. Takes what a drawing's overlay takes. */
export const paneOverlayKey: InjectionKey<Component> = Symbol('overlay on panes')
