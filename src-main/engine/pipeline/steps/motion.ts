import { framesText, motionReportSchema, type FrameMotion, type MotionReport } from '@contract'
import { correctMotion, motionReport as reportOf } from '../../registration'
import type { SeriesStep } from '../step'

/** What the step found, from what it left for others; null where it was off. */
export function motionReport(details: unknown): MotionReport | null {
  return motionReportSchema.safeParse(details).data ?? null
}

function describe({ frames, restored }: Pick<MotionReport, 'frames' | 'restored'>): string[] {
  if (frames.length === 0) return ['Nothing to correct']
  const framesWith = (state: FrameMotion['state']): number[] => [
    ...new Set(frames.filter((frame) => frame.state === state).map(({ frame }) => frame)),
  ]
  const count = (state: FrameMotion['state']): number => framesWith(state).length
  const lost = framesWith('leftOut')
  const leftOut = lost.length > 0 ? `, left out: ${framesText(lost)}` : ''
  if (frames.every(({ byHand }) => byHand)) return [`Motion was not looked for${leftOut}`]
  const furthest = frames.reduce((most, frame) => (frame.displacementMm > most.displacementMm ? frame : most))
  return [
    `The head moved by up to ${furthest.displacementMm.toFixed(1)} mm (frame ${furthest.frame + 1})`,
    `${count('corrected')} frames put in place, ${count('kept')} left as they were${leftOut}`,
    ...(restored.length > 0 ? ['Thick slices restored by a model of what lies between them'] : []),
  ]
}

/** Every frame is brought to one place of the head. */
export const motionStep: SeriesStep = {
  version: 2,
  leftOut: ({ motion }) => (motion.enabled || motion.leaveOut.length > 0 ? null : 'Switched off'),
  dependsOn: ({ motion }) => motion,
  compute: async (series, settings, run) => {
    const found = await correctMotion(series, settings.motion, run)
    return {
      series: found.series,
      report: { result: describe(found), warnings: found.warnings },
      details: motionReportSchema.parse(reportOf(series, settings.motion, found)),
    }
  },
}
