import { Enums, type Types } from '@cornerstonejs/core'
import vtkPiecewiseFunction from '@kitware/vtk.js/Common/DataModel/PiecewiseFunction'
import type { VoxelArray } from '@contract'
import { cameraOf } from './camera'
import { cornerstoneName } from './colourMaps'
import { acquireRenderer, fitViewport, releaseRenderer, renderingPath } from './renderer'
import { sliceImageId, stackOf } from './sliceImages'
import type { Display, Painter, Place, PlaneCamera } from './painter'
import { OUTSIDE } from './values'
import { useVoxels } from './voxels'

interface Picture extends Place {
  array: VoxelArray
}

let panes = 0

/**
 * Transparent where a value is OUTSIDE, opaque elsewhere, whatever the display range. The cut lies just below every
 * value a map can have: a smooth picture then ends at the last voxel of the brain, without a rim of mixed values.
 */
function outsideTransparent(): vtkPiecewiseFunction {
  const opacity = vtkPiecewiseFunction.newInstance()
  opacity.addPoint(OUTSIDE / 16 - 2, 0)
  opacity.addPoint(OUTSIDE / 16 + 2, 1)
  return opacity
}

/**
 * One pane of image slices on a Cornerstone stack viewport. Requests may come faster than they can be drawn (a wheel,
 * a cine): the newest wins, those between are never loaded.
 */
export class SlicePane implements Painter {
  private readonly id = `slice-pane-${++panes}`
  private readonly engine = acquireRenderer()
  private readonly viewport: Types.IStackViewport
  private shown: Picture | null = null
  private wanted: Picture | null = null
  private working: Promise<Place | null> | null = null
  private display: Display | null = null
  private camera: PlaneCamera | null = null
  private destroyed = false
  private readonly opacity = outsideTransparent()

  constructor(private readonly element: HTMLDivElement) {
    this.engine.enableElement({
      viewportId: this.id,
      type: Enums.ViewportType.STACK,
      element,
      defaultOptions: { background: [0, 0, 0] },
    })
    this.viewport = this.engine.getViewport(this.id) as Types.IStackViewport
  }

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

  setCamera(camera: PlaneCamera): void {
    this.camera = camera
    if (this.shown === null || this.destroyed) return
    this.applyCamera()
    this.viewport.render()
  }

  resize(): void {
    if (this.destroyed) return
    fitViewport(this.viewport, this.element)
    if (this.shown === null) return
    this.applyCamera()
    this.viewport.render()
  }

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.wanted = null
    this.engine.disableElement(this.id)
    this.element.replaceChildren()
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
    const sameStack = this.shown?.array.id === array.id
    if (sameStack) await this.viewport.setImageIdIndex(index)
    else await this.viewport.setStack(stackOf(array), index)
    if (this.destroyed) return
    if (this.viewport.getCornerstoneImage()?.imageId !== sliceImageId(array.id, frame, slice)) return
    this.shown = picture
    // Within a stack Cornerstone keeps the properties itself.
    if (!sameStack) this.applyDisplay()
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
    if (renderingPath.value.slices === 'processor') return
    const actor = this.viewport.getActors()[0]?.actor as Types.ImageActor | undefined
    actor?.getProperty().setPiecewiseFunction(0, this.opacity)
  }

  private applyCamera(): void {
    if (this.camera === null || this.shown === null) return
    const { array, slice } = this.shown
    // Cornerstone's processor renderer counts pixels from their corner, WebGL from their centre.
    const shift = renderingPath.value.slices === 'processor' ? 0.5 : 0
    const [i, j] = this.camera.centre
    const camera = { ...this.camera, centre: [i + shift, j + shift] as [number, number] }
    this.viewport.setCamera(cameraOf(array.geometry, slice, camera, this.element.clientHeight))
  }
}
