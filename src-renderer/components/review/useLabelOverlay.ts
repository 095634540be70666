import type { Geometry } from '@contract'
import { onBeforeUnmount, onMounted, watch, type Ref } from 'vue'
import { LabelOverlay, type OverlayLayer } from '../../viewer/labelOverlay'
import type { PlaneTransform } from '../../viewer/planeView'

/** What a pane tells whatever lies over its picture. */
export interface OverlaidPane {
  paneId: string
  geometry: Geometry
  transform: PlaneTransform
  width: number
  height: number
  slice: number
}

/** Draws label layers into a canvas over a pane, and follows the pane and the layers. */
export function useLabelOverlay(
  canvas: Ref<HTMLCanvasElement | null>,
  pane: OverlaidPane,
  layers: Ref<OverlayLayer[]>,
): void {
  let overlay: LabelOverlay | null = null
  const place = (): void =>
    overlay?.setPlace({
      size: pane.geometry.size,
      slice: pane.slice,
      transform: pane.transform,
      width: pane.width,
      height: pane.height,
    })
  watch(layers, (shown) => overlay?.setLayers(shown))
  watch([() => pane.transform, () => pane.slice, () => pane.width, () => pane.height], place)
  onMounted(() => {
    overlay = new LabelOverlay(canvas.value as HTMLCanvasElement)
    overlay.setLayers(layers.value)
    place()
  })
  onBeforeUnmount(() => overlay?.destroy())
}
