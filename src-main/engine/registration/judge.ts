import { framesText, type FrameMotion, type MotionSettings, type Warning } from '@contract'
import { stackSpacing, sliceNormal, type VolumeSeries } from '../volume'
import type { SlabRange } from './reducedGrid'
import type { SlabMotion } from './registerSlab'
import { anglesOf, displacement, furthestAlong } from './rigid'

interface Judgement {
  frames: FrameMotion[]
  leftOut: number[]
  warnings: Warning[]
}

/** Deconvolution asks for so many frames, and the bolus must be seen in most. */
const FEWEST_FRAMES = 10
const LARGEST_LOSS = 0.5
/** Turning further than this takes other parts of the head into the slab, degrees. */
const MOST_TURN = 25
/** A place that may be off by more is said to be uncertain, mm. */
const UNCERTAIN_MM = 1
/** What stands for more than can be said, mm. */
const LARGEST_UNCERTAINTY = 99

/** Which frames stay, which are resampled and which are lost, with the words for it. */
export function judgeFrames(
  series: VolumeSeries,
  slabs: readonly SlabRange[],
  found: readonly (SlabMotion | null)[],
  settings: MotionSettings,
): Judgement {
  const frames: FrameMotion[] = []
  const lost = new Map<number, string>()
  const byHand = new Set(settings.leaveOut)
  const normal = sliceNormal(series.geometry)
  for (let frame = 0; frame < series.frames; frame++) {
    slabs.forEach((_, slab) => {
      const motion = found[slab]
      if (motion === null) {
        if (byHand.has(frame)) frames.push(unknownPlace(frame, slab))
        return
      }
      const reason = whyLost(motion, frame, settings.limitMm)
      if (reason !== null && !lost.has(frame) && !byHand.has(frame)) lost.set(frame, reason)
      const { rotation, translation } = motion.motions[frame]
      const displacementMm = displacement(motion.motions[frame])
      frames.push({
        frame,
        slab,
        translation,
        rotation: anglesOf(rotation),
        displacementMm,
        throughMm: furthestAlong(motion.motions[frame], normal),
        uncertaintyMm: Math.min(LARGEST_UNCERTAINTY, motion.uncertainties[frame]),
        state: displacementMm < settings.thresholdMm ? 'kept' : 'corrected',
      })
    })
  }
  const warnings = [...unseenSlabs(found), ...byHandWarning(settings.leaveOut)]
  const remaining = series.frames - lost.size - byHand.size
  const few = remaining < FEWEST_FRAMES || lost.size > LARGEST_LOSS * series.frames
  const beyond = lost.size > 0 && few
  const judged = frames.map((motion): FrameMotion => {
    if (byHand.has(motion.frame)) return leftOutByHand(motion)
    const reason = lost.get(motion.frame)
    if (beyond) return { ...motion, state: 'kept', reason }
    return reason === undefined ? motion : { ...motion, state: 'leftOut', reason }
  })
  if (beyond) {
    const why = beyondCorrection(lost, series.frames)
    return { frames: judged, leftOut: [...byHand], warnings: [...warnings, why] }
  }
  return {
    frames: judged,
    leftOut: [...lost.keys(), ...byHand].sort((one, other) => one - other),
    warnings: [
      ...warnings,
      ...lossWarning(series, lost),
      ...uncertainWarning(slabs, judged),
      ...edgeWarning(series, judged),
    ],
  }
}

/** What is told of frames that a person leaves out where nothing else is done. */
export function judgeByHand(leaveOut: readonly number[]): Judgement {
  const frames = leaveOut.map((frame) => leftOutByHand(unknownPlace(frame, 0)))
  return { frames, leftOut: [...leaveOut], warnings: byHandWarning(leaveOut) }
}

const leftOutByHand = (motion: FrameMotion): FrameMotion => ({
  ...motion,
  state: 'leftOut',
  reason: 'Left out by hand.',
  byHand: true,
})

function unknownPlace(frame: number, slab: number): FrameMotion {
  return { frame, slab, translation: [0, 0, 0], rotation: [0, 0, 0], displacementMm: 0, state: 'kept' }
}

function whyLost(
  { motions, differences, tolerance }: SlabMotion,
  frame: number,
  limitMm: number,
): string | null {
  const far = displacement(motions[frame])
  const turned = Math.max(...anglesOf(motions[frame].rotation).map(Math.abs))
  if (differences[frame] >= 0.9) return 'The images do not show the head.'
  if (far > limitMm) return `The head lies ${far.toFixed(0)} mm away.`
  if (turned > MOST_TURN) return `The head is turned by ${turned.toFixed(0)}°.`
  if (differences[frame] > tolerance) {
    return 'The head moved while the frame was scanned, or the image is damaged.'
  }
  return null
}

function unseenSlabs(found: readonly (SlabMotion | null)[]): Warning[] {
  if (found.every((motion) => motion !== null)) return []
  const where = found.length === 1 ? 'The images show' : 'Part of the slices shows'
  return [
    {
      code: 'motion-not-seen',
      message: `${where} no edges of a head: motion was not corrected there.`,
      hint: 'Look at the images over time before you trust the maps.',
    },
  ]
}

function beyondCorrection(lost: Map<number, string>, frames: number): Warning {
  return {
    code: 'motion-beyond-correction',
    message: `${lost.size} of ${frames} frames could not be brought into place: the motion is beyond correction, and the images were left as they are.`,
    hint: 'Do not rely on maps of this series; scan again if the patient allows.',
  }
}

function lossWarning(series: VolumeSeries, lost: Map<number, string>): Warning[] {
  if (lost.size === 0) return []
  const frames = [...lost.keys()]
  const reasons = [...new Set(lost.values())].join(' ')
  return [
    {
      code: 'frames-left-out',
      message: `${subjectOf(frames)} left out of ${series.frames}: ${reasons}`,
      hint: GAP,
    },
  ]
}

function byHandWarning(frames: readonly number[]): Warning[] {
  if (frames.length === 0) return []
  return [{ code: 'frames-left-out-by-hand', message: `${subjectOf(frames)} left out by hand.`, hint: GAP }]
}

const GAP =
  'The other frames keep their times; where the bolus passes during the gap, look at the arterial curve.'

const subjectOf = (frames: readonly number[]): string =>
  frames.length === 1 ? `Frame ${framesText(frames)} was` : `Frames ${framesText(frames)} were`

/** Where little shows how the head lies, as a round vertex does, it may lie otherwise than was found. */
function uncertainWarning(slabs: readonly SlabRange[], frames: readonly FrameMotion[]): Warning[] {
  const uncertain = frames.filter(
    ({ state, uncertaintyMm = 0 }) => state !== 'leftOut' && uncertaintyMm > UNCERTAIN_MM,
  )
  if (uncertain.length === 0) return []
  const where = [...new Set(uncertain.map(({ slab }) => slab))]
    .map((slab) => `${slabs[slab][0] + 1} to ${slabs[slab][1] + 1}`)
    .join(', ')
  const most = Math.max(...uncertain.map(({ uncertaintyMm = 0 }) => uncertaintyMm))
  const off = most >= LARGEST_UNCERTAINTY ? 'by any amount in some direction' : `by ${most.toFixed(1)} mm`
  return [
    {
      code: 'motion-uncertain',
      message: `Slices ${where}: ${uncertain.length} places of the head are not well determined, they may be off ${off}.`,
      hint: 'Look at the corrected images over time there; compare with the maps without the correction.',
    },
  ]
}

/** Motion along the slices' normal brings tissue into the outermost slices that was not scanned. */
function edgeWarning({ geometry }: VolumeSeries, frames: readonly FrameMotion[]): Warning[] {
  const corrected = frames.filter(({ state }) => state === 'corrected')
  const furthest = Math.max(0, ...corrected.map(({ throughMm = 0 }) => throughMm))
  if (furthest < stackSpacing(geometry) / 2) return []
  return [
    {
      code: 'motion-through-slices',
      message: `The head moved by up to ${furthest.toFixed(1)} mm through the slices: the outermost slices show at times tissue from beside them.`,
      hint: 'Trust the first and the last slice less.',
    },
  ]
}
