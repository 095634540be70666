import type { MapName, Warning } from '@contract'
import type { InputSpec } from '../networks'
import type { ContrastSurvey } from '../perfusion'

/** Beyond this factor transit times and delays leave what was learned as well. */
const MOST = 1.8
/** Beyond this factor times follow, but flow that is low comes out too low: core is overestimated. */
const MUCH = 1.1

/** A series told in the time of a network, and how to tell the network's maps in the time of the series. */
export interface LearnedTime {
  survey: ContrastSurvey
  /** Seconds of the series in one of the network's. */
  stretch: number
  /** Seconds from the arrival of the bolus to where the network takes it to arrive. */
  shift: number
  warnings: Warning[]
}

/**
 * A network sees no arterial curve, so a bolus wider or slower to rise than any it learned looks like late tissue. Convolution
 * knows neither a unit nor an origin of time: where the arterial bolus's width at half height, or the part of it that
 * passes between arrival and peak, lies outside what the model learned (`bolus`), time is told slower or faster, and from
 * later or earlier, until both lie inside. As it is where the model does not say what it learned, or no artery was found.
 */
export function learnedTime(survey: ContrastSurvey, { bolus }: InputSpec): LearnedTime {
  const { grade, fullWidthHalfMaximum: width, timeToPeak } = survey.aif.quality
  if (!bolus || grade === 'poor' || width <= 0) return { survey, stretch: 1, shift: 0, warnings: [] }
  const wanted = width / within(width, bolus.width)
  const stretch = within(wanted, [1 / MOST, MOST])
  const rise = timeToPeak - survey.arrival
  const shift = rise - width * within(rise / width, bolus.rise)
  return {
    survey: {
      ...survey,
      times: survey.times.map((times) => times.map((time) => time / stretch)),
      arrival: (survey.arrival + shift) / stretch,
      vesselArea: survey.vesselArea / stretch,
    },
    stretch,
    shift,
    warnings: unlearnt(wanted, width, bolus.width),
  }
}

/** A value of a map as the network gives it, in its unit, told in the time of the series. */
export function inOwnTime(map: MapName, { stretch, shift }: LearnedTime): (value: number) => number {
  if (map === 'cbv') return (value) => value
  if (map === 'cbf') return (value) => value / stretch
  // Only TTP counts from the arrival; the others are spans of time.
  const offset = map === 'ttp' ? shift : 0
  return (value) => Math.max(0, value * stretch + offset)
}

function within(value: number, [lowest, highest]: readonly [number, number]): number {
  return Math.min(Math.max(value, lowest), highest)
}

function unlearnt(wanted: number, width: number, [narrowest, widest]: readonly [number, number]): Warning[] {
  if (wanted <= MUCH && wanted >= 1 / MUCH) return []
  const beyond = wanted > MOST || wanted < 1 / MOST
  const learned = `The arterial bolus is ${width.toFixed(1)} s wide; the network learned ${narrowest} to ${widest} s.`
  return [
    {
      code: beyond ? 'network-bolus-unlearnt' : 'network-bolus-width',
      message: `${learned} Core by the network is not to be relied on${beyond ? ', nor are its times' : ''}.`,
      hint: 'Compare with a deconvolution.',
    },
  ]
}
