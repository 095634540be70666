import { structureNames, type StructureName } from '@contract'
import type { VolumeSeries } from '../volume'
import { headMasks, type FoundTissue } from './headMasks'
import { findMidline, sidesOf } from './midline'

/** What a voxel shows: the place of its structure in `structureNames`, from 1; 0 where it is none of them. */
const labelOf = (name: StructureName): number => structureNames.indexOf(name) + 1

/**
 * Skull, fluid, large vessels, and the voxels beside the plane that parts the hemispheres, as labels [voxel] of a series
 * whose tissue is known (of PerfusionMaps). Where no plane was found to part them, it is not drawn.
 */
export function structureLabels(series: VolumeSeries, found: FoundTissue): Uint8Array {
  const { skull, brain, fluid, vessels } = headMasks(series, found)
  const { geometry } = series
  const midline = findMidline(geometry, found.mask)
  const labels = new Uint8Array(brain.length)
  for (let i = 0; i < labels.length; i++) {
    if (skull[i] === 1) labels[i] = labelOf('skull')
    else if (fluid[i] === 1) labels[i] = labelOf('fluid')
    else if (vessels[i] === 1) labels[i] = labelOf('vessels')
  }
  if (!midline.trusted) return labels
  const sides = sidesOf(geometry, midline)
  const [nx] = geometry.size
  for (let i = 0; i < labels.length; i++) {
    const last = i % nx === nx - 1
    if (!last && brain[i] === 1 && sides[i] !== sides[i + 1]) labels[i] = labelOf('midline')
  }
  return labels
}
