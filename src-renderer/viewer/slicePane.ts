import { Enums, type Types } from '@cornerstonejs/core'
import vtkPiecewiseFunction from '@kitware/vtk.js/Common/DataModel/PiecewiseFunction'
import type { Vec3, VoxelArray } from '@contract'
import { cornerstoneName } from './colourMaps'
import { planeNormal, voxelToWorld } from './geometry'
import { acquireRenderer, releaseRenderer, renderingPath } from './renderer'
import { sliceImageId, stackOf } from './sliceImages'
import { OUTSIDE } from './values'
import { useVoxels } from './voxels'

export interface Display {
  lower: number
  upper: number
  colourMap: string
  interpolation: 'linear' | 'nearest'
}

export interface SliceCamera {
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

interface Picture extends Place {
  array: VoxelArray
}

/** Millimetres; of no effect on the parallel projection, only on what is clipped. */
const CAMERA_DISTANCE = 500

let panes = 0

/** Transparent where a value is OUTSIDE, opaque elsewhere, whatever the display range; cut at the voxel's border. */
function outsideTransparent(): vtkPiecewiseFunction {
  const opacity = vtkPiecewiseFunction.newInstance()
  opacity.addPoint(OUTSIDE / 2 - 16, 0)
  opacity.addPoint(OUTSIDE / 2 + 16, 1)
  return opacity
}

/**
 * One pane of image slices on a Cornerstone stack viewport. Requests may come faster than they can be drawn (a wheel,
 * a cine): the newest wins, those between are never loaded.
 */
export class SlicePane {
  private readonly id = `slice-pane-${++panes}`
  private readonly engine = acquireRenderer()
  private readonly viewport: Types.IStackViewport
  private readonly background: HTMLDivElement
  private shown: Picture | null = null
  private wanted: Picture | null = null
  private working: Promise<Place | null> | null = null
  private display: Display | null = null
  private camera: SliceCamera | null = null
  private destroyed = false
  private readonly opacity = outsideTransparent()

  constructor(element: HTMLDivElement) {
    this.background = element
    this.engine.enableElement({
      viewportId: this.id,
      type: Enums.ViewportType.STACK,
      element,
      defaultOptions: { background: [0, 0, 0] },
    })
    this.viewport = this.engine.getViewport(this.id) as Types.IStackViewport
  }

  /**
   * Draws a slice of a frame. Resolves, when it or a newer one asked for meanwhile stands, to what is on the screen.
   */
  show(array: VoxelArray, frame: number, slice: number): Promise<Place | null> {
    this.wanted = { array, frame, slice }
    this.working ??= this.work().finally(() => {
      this.working = null
    })
    return this.working
  }

  setDisplay(display: Display): void {
    this.display = display
    if (this.shown === null || this.destroyed) return
    this.applyDisplay()
    this.viewport.render()
  }

  setCamera(camera: SliceCamera): void {
    this.camera = camera
    if (this.shown === null || this.destroyed) return
    this.applyCamera()
    this.viewport.render()
  }

  /** After the element changed size. All panes share one engine, which resizes those that changed. */
  resize(): void {
    if (this.destroyed) return
    this.engine.resize(false, true)
    if (this.shown === null) return
    this.applyCamera()
    this.viewport.render()
  }

  /** What is on the screen now, as a PNG data URL. */
  picture(): string {
    return this.viewport.getCanvas().toDataURL('image/png')
  }

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.wanted = null
    this.engine.disableElement(this.id)
    this.background.replaceChildren()
    releaseRenderer()
  }

  private async work(): Promise<Place | null> {
    while (this.wanted !== null && !this.destroyed) {
      const picture = this.wanted
      this.wanted = null
      await useVoxels().frame(picture.array.id, picture.frame)
      if (this.wanted !== null || this.destroyed) continue
      await this.put(picture)
    }
    return this.shown && { slice: this.shown.slice, frame: this.shown.frame }
  }

  private async put(picture: Picture): Promise<void> {
    const { array, frame, slice } = picture
    const index = frame * array.geometry.size[2] + slice
    if (this.shown?.array.id === array.id) await this.viewport.setImageIdIndex(index)
    else await this.viewport.setStack(stackOf(array), index)
    if (this.destroyed) return
    if (this.viewport.getCornerstoneImage()?.imageId !== sliceImageId(array.id, frame, slice)) return
    this.shown = picture
    this.applyDisplay()
    this.applyCamera()
    this.viewport.render()
  }

  private applyDisplay(): void {
    if (this.display === null) return
    const { lower, upper, colourMap, interpolation } = this.display
    this.viewport.setProperties(
      {
        voiRange: { lower, upper },
        colormap: { name: cornerstoneName(colourMap) },
        interpolationType:
          interpolation === 'nearest' ? Enums.InterpolationType.NEAREST : Enums.InterpolationType.LINEAR,
      },
      true,
    )
    if (renderingPath.value.kind === 'cpu') return
    const actor = this.viewport.getActors()[0]?.actor as Types.ImageActor | undefined
    actor?.getProperty().setPiecewiseFunction(0, this.opacity)
  }

  private applyCamera(): void {
    if (this.camera === null || this.shown === null) return
    const { geometry } = this.shown.array
    const { centre, millimetresPerPixel } = this.camera
    const focalPoint = voxelToWorld(geometry, [centre[0], centre[1], this.shown.slice])
    const normal = planeNormal(geometry)
    const position = focalPoint.map((coordinate, axis) => coordinate - normal[axis] * CAMERA_DISTANCE) as Vec3
    const down = geometry.direction[1]
    this.viewport.setCamera({
      focalPoint,
      position,
      viewPlaneNormal: [-normal[0], -normal[1], -normal[2]],
      viewUp: [-down[0], -down[1], -down[2]],
      parallelScale: (this.background.clientHeight / 2) * millimetresPerPixel,
      // Cornerstone renews it only when the focal point leaves its plane, not when the distance changes.
      clippingRange: [1, 2 * CAMERA_DISTANCE],
    })
  }
}
