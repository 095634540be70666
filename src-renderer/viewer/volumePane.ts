import { Enums, type Types } from '@cornerstonejs/core'
import type { Geometry, VoxelArray } from '@contract'
import { cornerstoneName } from './colourMaps'
import { cameraOf } from './camera'
import type { Display, Painter, Place, PlaneCamera } from './painter'
import { acquireRenderer, fitViewport, releaseRenderer } from './renderer'
import { acquireVolume, releaseVolume } from './volumes'

export interface Slab {
  /** Millimetres; 0 is a single slice. */
  thickness: number
  projection: 'maximum' | 'average' | 'minimum'
}

let panes = 0

/** One pane of a volume, cut along the planes of `plane` (see planesOf), on a Cornerstone orthographic viewport. */
export class VolumePane implements Painter {
  private readonly id = `volume-pane-${++panes}`
  private readonly engine = acquireRenderer()
  private readonly viewport: Types.IVolumeViewport
  private array: VoxelArray | null = null
  private loading: Promise<void> | null = null
  private slice = 0
  private ready = false
  private display: Display | null = null
  private camera: PlaneCamera | null = null
  private slab: Slab = { thickness: 0, projection: 'maximum' }
  private destroyed = false

  constructor(
    private readonly element: HTMLDivElement,
    private readonly plane: Geometry,
  ) {
    this.engine.enableElement({
      viewportId: this.id,
      type: Enums.ViewportType.ORTHOGRAPHIC,
      element,
      defaultOptions: { background: [0, 0, 0], orientation: Enums.OrientationAxis.ACQUISITION },
    })
    this.viewport = this.engine.getViewport(this.id) as Types.IVolumeViewport
  }

  async show(array: VoxelArray, _frame: number, slice: number): Promise<Place | null> {
    this.slice = slice
    if (this.array === null) {
      this.array = array
      this.loading = this.load(array)
    }
    await this.loading
    if (this.destroyed) return null
    this.apply()
    return { slice: this.slice, frame: 0 }
  }

  setDisplay(display: Display): void {
    this.display = display
    this.apply()
  }

  setCamera(camera: PlaneCamera): void {
    this.camera = camera
    this.apply()
  }

  setSlab(slab: Slab): void {
    this.slab = slab
    this.apply()
  }

  resize(): void {
    if (this.destroyed) return
    fitViewport(this.viewport, this.element)
    this.apply()
  }

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.engine.disableElement(this.id)
    this.element.replaceChildren()
    if (this.array !== null) releaseVolume(this.array)
    releaseRenderer()
  }

  private async load(array: VoxelArray): Promise<void> {
    const volumeId = await acquireVolume(array)
    if (this.destroyed) return
    await this.viewport.setVolumes([{ volumeId }])
    this.ready = true
    this.drawAgainOnce()
  }

  /** The graphics memory is filled while the first pane draws, which then shows an even grey: it must draw again. */
  private drawAgainOnce(): void {
    const again = (): void => {
      if (!this.destroyed) this.viewport.render()
    }
    this.element.addEventListener(Enums.Events.IMAGE_RENDERED, again, { once: true })
  }

  private apply(): void {
    if (!this.ready || this.destroyed) return
    if (this.display !== null) {
      const { lower, upper, colourMap, interpolation } = this.display
      this.viewport.setProperties({
        voiRange: { lower, upper },
        colormap: { name: cornerstoneName(colourMap) },
        interpolationType:
          interpolation === 'nearest' ? Enums.InterpolationType.NEAREST : Enums.InterpolationType.LINEAR,
      })
    }
    if (this.camera !== null) {
      this.viewport.setCamera(cameraOf(this.plane, this.slice, this.camera, this.element.clientHeight))
    }
    this.applySlab()
    this.viewport.render()
  }

  private applySlab(): void {
    const modes = {
      maximum: Enums.BlendModes.MAXIMUM_INTENSITY_BLEND,
      average: Enums.BlendModes.AVERAGE_INTENSITY_BLEND,
      minimum: Enums.BlendModes.MINIMUM_INTENSITY_BLEND,
    }
    const thick = this.slab.thickness > 0
    this.viewport.setBlendMode(thick ? modes[this.slab.projection] : Enums.BlendModes.COMPOSITE)
    this.viewport.setSlabThickness(thick ? this.slab.thickness : 0.1)
  }
}
