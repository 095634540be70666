import type { Geometry } from '@contract'
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
