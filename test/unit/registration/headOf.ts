import type { FrameMotion, Vec3 } from '@contract'
import {
  makePhantom,
  phantomOptions,
  phantomSeries,
  type Phantom,
  type PhantomRequest,
} from '../../../src-main/engine/phantom'
import {
  anglesOf,
  apply,
  compose,
  displacement,
  inverse,
  rotationOf,
  type Rigid,
} from '../../../src-main/engine/registration/rigid'
import { centreOf, reducedGeometry, type SlabRange } from '../../../src-main/engine/registration/reducedGrid'
import type { VolumeSeries } from '../../../src-main/engine/volume'

export interface Head {
  phantom: Phantom
  series: VolumeSeries
}

export async function headOf(request: PhantomRequest): Promise<Head> {
  const phantom = await makePhantom(phantomOptions(request))
  return { phantom, series: await phantomSeries(phantom) }
}

/** What is left of a frame's motion after a correction: the true pose, and the found one taken back. */
export function residualOf(
  { phantom, series }: Head,
  slabs: readonly SlabRange[],
  { frame, slab, translation, rotation }: FrameMotion,
): { millimetres: number; degrees: number; displacement: number } {
  const centre = centreOf(reducedGeometry(series.geometry, slabs[slab], 1))
  const pose = phantom.poses?.[frame] ?? { translation: [0, 0, 0] as Vec3, rotation: [0, 0, 0] as Vec3 }
  const turn = rotationOf(pose.rotation)
  const moved = apply({ rotation: turn, translation: pose.translation, centre: [0, 0, 0] }, centre)
  const truth: Rigid = {
    rotation: turn,
    translation: [moved[0] - centre[0], moved[1] - centre[1], moved[2] - centre[2]],
    centre,
  }
  const error = compose({ rotation: rotationOf(rotation), translation, centre }, inverse(truth))
  return {
    millimetres: Math.hypot(...error.translation),
    degrees: Math.hypot(...anglesOf(error.rotation)),
    displacement: displacement(error),
  }
}
