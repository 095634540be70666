import { motionReportSchema, type FrameMotion, type MotionReport } from '@contract'
import { correctMotion } from '../../registration'
import type { VolumeSeries } from '../../volume'
import type { SeriesStep } from '../step'

/** What the step found, from what it left for others; null where it was off. */
export function motionReport(details: unknown): MotionReport | null {
  return motionReportSchema.safeParse(details).data ?? null
}

/** Seconds, [frame]: the mean over the slices. */
function frameTimes({ times, frames, geometry }: VolumeSeries): number[] {
  const slices = geometry.size[2]
  return Array.from({ length: frames }, (_, frame) => {
    const own = times.subarray(frame * slices, (frame + 1) * slices)
    return own.reduce((sum, time) => sum + time, 0) / slices
  })
}

function describe({ frames, restored }: Pick<MotionReport, 'frames' | 'restored'>): string[] {
  if (frames.length === 0) return ['Nothing to correct']
  const count = (state: FrameMotion['state']): number =>
    new Set(frames.filter((frame) => frame.state === state).map(({ frame }) => frame)).size
  const furthest = frames.reduce((most, frame) => (frame.displacementMm > most.displacementMm ? frame : most))
  const leftOut = count('leftOut')
  return [
    `The head moved by up to ${furthest.displacementMm.toFixed(1)} mm (frame ${furthest.frame + 1})`,
    `${count('corrected')} frames put in place, ${count('kept')} left as they were${leftOut > 0 ? `, ${leftOut} left out` : ''}`,
    ...(restored.length > 0 ? ['Thick slices restored by a model of what lies between them'] : []),
  ]
}

/** Every frame is brought to one place of the head. */
export const motionStep: SeriesStep = {
  version: 2,
  leftOut: ({ motion }) => (motion.enabled ? null : 'Switched off'),
  dependsOn: ({ motion }) => motion,
  compute: async (series, settings, run) => {
    const { series: corrected, warnings, ...found } = await correctMotion(series, settings.motion, run)
    return {
      series: corrected,
      report: { result: describe(found), warnings },
      details: motionReportSchema.parse({ ...found, settings: settings.motion, times: frameTimes(series) }),
    }
  },
}
