import type { MotionReport, MotionSettings } from '@contract'
import type { Run } from '../compute/run'
import { applyMotion, correctMotion, type MotionCorrection } from '../registration'
import type { VolumeSeries } from '../volume'

/** The series in use with its motion taken back, kept in memory for the next maps and curves: one at a time. */
export interface StillSeries {
  correct(series: VolumeSeries, settings: MotionSettings, run?: Run): Promise<MotionCorrection>
  /** What maps were computed from: the series itself where their motion was not looked for. */
  of(series: VolumeSeries, motion: MotionReport | undefined): Promise<VolumeSeries>
  clear(): void
}

const keyOf = (frames: MotionReport['frames'], leftOut: number[]): string => JSON.stringify([frames, leftOut])

export function createStillSeries(): StillSeries {
  let corrected: { of: VolumeSeries; settings: string; correction: MotionCorrection } | null = null
  let applied: { of: VolumeSeries; motion: string; series: Promise<VolumeSeries> } | null = null

  return {
    correct: async (series, settings, run) => {
      const asked = JSON.stringify(settings)
      if (corrected?.of === series && corrected.settings === asked) return corrected.correction
      corrected = null
      applied = null
      const correction = await correctMotion(series, settings, run)
      corrected = { of: series, settings: asked, correction }
      return correction
    },

    of: async (series, motion) => {
      if (motion === undefined) return series
      const wanted = keyOf(motion.frames, motion.leftOut)
      if (corrected?.of === series) {
        const { frames, leftOut, series: still } = corrected.correction
        if (keyOf(frames, leftOut) === wanted) return still
      }
      if (applied?.of !== series || applied.motion !== wanted) {
        applied = { of: series, motion: wanted, series: applyMotion(series, motion) }
      }
      return applied.series
    },

    clear: () => {
      corrected = null
      applied = null
    },
  }
}
