import type { SeriesSummary } from '@contract'
import type { Arrangement } from './arrange'
import type { Header } from './header'
import { median, type Slice } from './slices'

export interface Kind {
  kind: SeriesSummary['kind']
  reason: string
}

/** Fewer time points are phases of a CT angiogram, not a perfusion series. */
const fewestTimePoints = 4
/** Seconds between time points beyond which no bolus can be followed, and the longest examination. */
const longestInterval = 20
const longestScan = 600

const bolusWatch = /monitor|bolus ?track|smart ?prep|sure ?start|tracker|test ?bolus|pre-?mon|locator/i
const perfusionName = /perf|dsc|pwi|dynsus|bolus/i
const functionalName = /bold|fmri|resting|\brest\b|task|func/i
const labellingName = /\basl\b|_asl|asl_|p?casl|arterial spin/i
const diffusionName = /\bdwi\b|\bdti\b|diff|trace|_adc/i
const permeabilityName = /\bdce\b|vibe|twist|lava|ktrans|thrive/i

/** Decides what an arranged series can serve as, and says why. */
export function kindOf(arrangement: Arrangement, slices: readonly Slice[]): Kind {
  const { header } = slices[0].instance
  const name = [header.series.description, header.series.protocol, header.acquisition.sequenceName].join(' ')
  const other = (reason: string): Kind => ({ kind: 'other', reason })
  if ((header.image?.samples ?? 1) > 1) return other('A colour picture, not a measurement.')
  if (header.image?.photometric === 'PALETTE COLOR') {
    return other('A colour picture (palette), not a measurement.')
  }
  if (header.modality !== 'CT' && header.modality !== 'MR') {
    return other(`Modality ${header.modality || 'unknown'}: neither CT nor MR.`)
  }
  if (header.imageType.includes('LOCALIZER')) return other('A scout (LOCALIZER).')
  if (slices.some(({ frame }) => frame.position === null || frame.orientation === null)) {
    return other('No position or orientation in space: the pictures stand in file order.')
  }
  const { frames, slices: count } = arrangement
  if (frames === 1) {
    return {
      kind: 'volume',
      reason: `3-D: ${count} ${count === 1 ? 'slice' : 'slices, each position once'}; it was not scanned repeatedly.`,
    }
  }
  const times = timePointsOf(arrangement)
  const shape = `4-D: ${count} ${count === 1 ? 'slice position' : 'slice positions'} × ${frames} time points, told apart by ${arrangement.order.words}`
  const volume = (why: string): Kind => ({ kind: 'volume', reason: `${shape}; not perfusion: ${why}.` })
  if (!arrangement.order.known) return volume('the interval between time points is unknown')
  const span = times[times.length - 1] - times[0]
  const interval = median(times.slice(1).map((time, index) => time - times[index]))
  const pace = `over ${span.toFixed(1)} s (every ${interval.toFixed(2)} s)`
  if (frames < fewestTimePoints) return volume(`only ${frames} time points`)
  if (interval > longestInterval) return volume(`${interval.toFixed(0)} s between time points`)
  if (span > longestScan) return volume(`it lasts ${(span / 60).toFixed(0)} minutes`)
  if (arrangement.order.words === 'Trigger Time' && span < 5) return volume('phases of the heart beat')
  if (header.modality === 'CT') {
    if (bolusWatch.test(name)) return volume('the watch for the bolus before another scan')
    return { kind: 'ct-perfusion', reason: `${shape}, ${pace}.` }
  }
  const why = contrastEvidence(header, slices[0], name, frames, span)
  return why.perfusion
    ? { kind: 'mr-perfusion', reason: `${shape}, ${pace}; ${why.words}.` }
    : volume(why.words)
}

/** Whether an MR time series follows a contrast bolus by its susceptibility (DSC). */
function contrastEvidence(
  header: Header,
  slice: Slice,
  name: string,
  frames: number,
  span: number,
): { perfusion: boolean; words: string } {
  const no = (words: string): { perfusion: boolean; words: string } => ({ perfusion: false, words })
  if (labellingName.test(name)) return no('arterial spin labelling')
  if (functionalName.test(name)) return no('functional MRI by its name')
  if (diffusionName.test(name) || (slice.frame.bValue ?? 0) > 0) return no('diffusion weighting')
  if (permeabilityName.test(name)) return no('T1-weighted dynamic imaging')
  if (slice.frame.echoTime === null) return no('the echo time is missing')
  const echoPlanar = header.acquisition.scanningSequence.includes('EP') || /\bep2d|epi/i.test(name)
  if (perfusionName.test(name)) return { perfusion: true, words: 'perfusion by its name' }
  const repetition = header.acquisition.repetitionTime ?? Infinity
  const susceptibility = slice.frame.echoTime >= 15 && repetition <= 3000
  if (header.acquisition.contrastAgent !== '' && susceptibility) {
    return { perfusion: true, words: 'a contrast agent and susceptibility weighting' }
  }
  if (echoPlanar && susceptibility && frames >= 25 && span >= 30 && span <= 200) {
    return { perfusion: true, words: 'echo-planar, as long and as fast as a bolus passage' }
  }
  return no('neither its name nor a contrast agent tells of a bolus')
}

/** Seconds of each time point: the mean over its slices. */
export function timePointsOf({ times, frames, slices }: Arrangement): number[] {
  return Array.from({ length: frames }, (_, frame) => {
    let sum = 0
    for (let z = 0; z < slices; z++) sum += times[frame * slices + z]
    return Math.round((sum / slices) * 1e6) / 1e6
  })
}
