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
  type Matrix3,
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

/** Where the head of a phantom lies in a frame, as a motion about `centre`. */
export function truePose({ phantom }: Head, frame: number, centre: Vec3): Rigid {
  const pose = phantom.poses?.[frame] ?? { translation: [0, 0, 0] as Vec3, rotation: [0, 0, 0] as Vec3 }
  return about(centre, rotationOf(pose.rotation), pose.translation, [0, 0, 0])
}

/** The same motion x ↦ rotation · (x − from) + from + translation, about another centre. */
export function about(centre: Vec3, rotation: Matrix3, translation: Vec3, from: Vec3): Rigid {
  const moved = apply({ rotation, translation, centre: from }, centre)
  return { rotation, translation: [moved[0] - centre[0], moved[1] - centre[1], moved[2] - centre[2]], centre }
}

/** What is left of a frame's motion after a correction: the true pose, and the found one taken back. */
export function residualOf(
  head: Head,
  slabs: readonly SlabRange[],
  { frame, slab, translation, rotation }: Pick<FrameMotion, 'frame' | 'slab' | 'translation' | 'rotation'>,
): { millimetres: number; degrees: number; displacement: number } {
  const centre = centreOf(reducedGeometry(head.series.geometry, slabs[slab], 1))
  const found = { rotation: rotationOf(rotation), translation, centre }
  const error = compose(found, inverse(truePose(head, frame, centre)))
  return {
    millimetres: Math.hypot(...error.translation),
    degrees: Math.hypot(...anglesOf(error.rotation)),
    displacement: displacement(error),
  }
}
