import type { InjectionKey, Ref } from 'vue'
import type { Geometry } from '@contract'
import type { OverlayLayer } from '../../viewer/labelOverlay'

/** What the overlay of every pane shows: the drawings, and the grid they are on. */
export const comparedLayersKey: InjectionKey<Ref<{ geometry: Geometry; layers: OverlayLayer[] } | null>> =
  Symbol('drawings that are compared')
