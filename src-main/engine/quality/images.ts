import type { QualityLine, Vec3 } from '@contract'
import { seriesShifts, type PerfusionMaps } from '../perfusion'
import { frameOf, voxelVolume, type VolumeSeries } from '../volume'
import { graded, lineOf, type Finding } from './line'

/** HU, standard deviation over time of one voxel as large as this, ml: noise falls with the root of the volume. */
const NOISE = { amber: 12, red: 20 }
const USUAL_VOXEL_ML = 0.005
const MOST_SAMPLED = 20_000
const LESS_NOISE =
  'Filter the series before the maps, or scan with more dose or thicker slices; core is overestimated or missed in noise.'
const STILL_NOISE = 'Scan with more dose or thicker slices; core is overestimated or missed in noise.'
/**
 * Temporal noise of tissue after the bolus: the robust spread of second differences. Of a series that was filtered it is
 * asked before (`unfiltered`, in its unit): a filter takes noise out of the images, not out of the study.
 */
export function gradeNoise(
  series: VolumeSeries,
  maps: PerfusionMaps | null,
  unfiltered: number | null = null,
): QualityLine {
  const noise = unfiltered ?? temporalNoise(series, maps?.mask ?? null)
  const ct = series.kind !== 'mr-perfusion'
  if (noise === null) return lineOf('noise', [], 'Too little tissue to measure noise in.')
  if (!ct) return gradeSignalNoise(series, maps?.mask ?? null, noise)
  const voxelMl = voxelVolume(series.geometry) / 1000
  const usual = noise * Math.sqrt(Math.min(4, voxelMl / USUAL_VOXEL_ML))
  const grade = graded(usual, NOISE.amber, NOISE.red)
  const filtered = unfiltered !== null
  const reason = `A voxel varies by ${noise.toFixed(1)} HU over time without contrast${filtered ? ', before the filter' : ''}.`
  const finding: Finding = filtered
    ? { grade, reason, remedy: STILL_NOISE }
    : { grade, reason, remedy: LESS_NOISE, actions: ['chooseFilter'] }
  return lineOf('noise', [finding], reason, { value: noise, unit: 'HU' })
}

/** % of the signal before contrast: DSC-MRI has 1 to 3, and a bolus takes 20 to 40 of tissue. */
const SIGNAL_NOISE = { amber: 5, red: 10 }

function gradeSignalNoise(series: VolumeSeries, mask: Uint8Array | null, noise: number): QualityLine {
  let [sum, count] = [0, 0]
  frameOf(series, 0).forEach((value, i) => {
    if (mask && mask[i] === 0) return
    sum += value * series.slope + series.intercept
    count++
  })
  const share = (100 * noise * count) / Math.max(sum, 1e-6)
  const reason = `A voxel varies by ${share.toFixed(1)} % of its signal over time without contrast.`
  const grade = graded(share, SIGNAL_NOISE.amber, SIGNAL_NOISE.red)
  const remedy = 'Filter the series before the maps; core is overestimated or missed in noise.'
  return lineOf('noise', [{ grade, reason, remedy, actions: ['chooseFilter'] }], reason, {
    value: share,
    unit: '% of the signal',
  })
}

/** HU of soft tissue before contrast. */
const TISSUE = { least: 0, most: 80 }

/** Temporal noise of the soft tissue of a CT series, in its unit; null where it has too little, or is no CT. */
export function tissueNoise(series: VolumeSeries): number | null {
  if (series.kind === 'mr-perfusion') return null
  const { slope, intercept } = series
  const first = frameOf(series, 0)
  const tissue = new Uint8Array(first.length)
  for (let i = 0; i < tissue.length; i++) {
    const value = slope * first[i] + intercept
    if (value > TISSUE.least && value < TISSUE.most) tissue[i] = 1
  }
  return temporalNoise(series, tissue)
}

function temporalNoise(series: VolumeSeries, mask: Uint8Array | null): number | null {
  const { frames, geometry, voxels, slope } = series
  const volume = geometry.size[0] * geometry.size[1] * geometry.size[2]
  let inside = 0
  for (let i = 0; i < volume; i++) if (mask === null || mask[i] === 1) inside++
  const stride = Math.max(1, Math.floor(inside / MOST_SAMPLED))
  const bends: number[] = []
  for (let at = 0, passed = 0; at < volume; at++) {
    if ((mask !== null && mask[at] !== 1) || passed++ % stride !== 0) continue
    let square = 0
    let count = 0
    // The last third of a scan is nearly straight, and so is its baseline.
    for (let t = Math.max(1, Math.floor((2 * frames) / 3)); t < frames - 1; t++) {
      const bend = voxels[(t - 1) * volume + at] - 2 * voxels[t * volume + at] + voxels[(t + 1) * volume + at]
      square += bend * bend
      count++
    }
    if (count > 0) bends.push(square / (6 * count))
  }
  if (bends.length < 50) return null
  bends.sort((a, b) => a - b)
  return Math.abs(slope) * Math.sqrt(bends[bends.length >> 1])
}

/** What motion correction says of a frame, as far as quality goes. */
export interface MovedFrame {
  frame: number
  displacementMm: number
  state: 'kept' | 'corrected' | 'leftOut'
  /** How far it lies from its place through the slices, mm. */
  throughMm?: number
  /** How far the place that was found may be off, mm. */
  uncertaintyMm?: number
  /** A person left it out. */
  byHand?: boolean
  /** What is wrong with it; of a frame that was kept: the motion of the series is beyond correction. */
  reason?: string
}

/** mm that harm maps. `seriesShifts` sees the first order in the slice plane only: the head moves more than it says. */
const RESIDUAL = { amber: 1, red: 1.8 }
/** mm that the head was put back by: the slab that is left, and what correction was tried on. */
const CORRECTED = { amber: 12, red: 30 }
/** mm that a place of the head may be off. */
const UNCERTAIN = { amber: 1, red: 3 }
/** Of the frames. */
const LEFT_OUT = { amber: 0.001, red: 0.2 }

/** How far the head moves in the images that the maps come from, and what motion correction had to do. */
export function gradeMotion(series: VolumeSeries, motion: readonly MovedFrame[] | undefined): QualityLine {
  const residual = Math.max(0, ...seriesShifts(series))
  const corrected = motion?.some(({ byHand }) => !byHand) ?? false
  const findings: Finding[] = []
  if (motion && motion.length > 0) {
    const frames = new Set(motion.map(({ frame }) => frame)).size
    const outOf = (chosen: boolean): number =>
      new Set(
        motion
          .filter(({ state, byHand = false }) => state === 'leftOut' && byHand === chosen)
          .map(({ frame }) => frame),
      ).size
    const out = outOf(false)
    const byHand = outOf(true)
    const used = motion.filter(({ state }) => state !== 'leftOut')
    const largest = Math.max(0, ...used.map(({ displacementMm }) => displacementMm))
    if (out > 0) {
      findings.push({
        grade: graded(out / frames, LEFT_OUT.amber, LEFT_OUT.red),
        reason: `${out} of ${frames} frames could not be corrected and were left out.`,
        remedy: 'Look at the motion plot; curves lack these frames.',
        actions: ['showMotion'],
      })
    }
    if (byHand > 0) {
      findings.push({
        grade: graded(byHand / (series.frames + byHand), LEFT_OUT.amber, LEFT_OUT.red),
        reason: `${byHand} ${byHand === 1 ? 'frame was' : 'frames were'} left out by hand.`,
        remedy: 'Look at the motion plot; curves lack these frames.',
        actions: ['showMotion'],
      })
    }
    const beyond = new Set(
      motion.filter(({ state, reason }) => state === 'kept' && reason).map(({ frame }) => frame),
    ).size
    if (beyond > 0) {
      findings.push({
        grade: 'red',
        reason: `${beyond} of ${frames} frames could not be brought into place: the motion is beyond correction, and nothing was corrected.`,
        remedy: 'Do not rely on these maps; scan again if the patient allows.',
      })
    }
    const uncertain = Math.max(0, ...used.map(({ uncertaintyMm = 0 }) => uncertaintyMm))
    if (uncertain > UNCERTAIN.amber) {
      findings.push({
        grade: graded(uncertain, UNCERTAIN.amber, UNCERTAIN.red),
        reason: 'Too little of the head shows to say for sure where it lies in every frame.',
        remedy: 'Look at the corrected images over time, and at the maps without the correction.',
      })
    }
    if (largest > CORRECTED.amber) {
      findings.push({
        grade: graded(largest, CORRECTED.amber, CORRECTED.red),
        reason: `The head moved by up to ${largest.toFixed(1)} mm before correction: parts of it left the slab.`,
        remedy:
          largest > CORRECTED.red
            ? 'Leave these frames out: lower the limit of motion, and run again.'
            : 'Distrust the first and last slices.',
        actions: largest > CORRECTED.red ? ['showMotion', 'setMotion'] : ['showMotion'],
      })
    }
  }
  if (residual > RESIDUAL.amber) {
    findings.push({
      grade: graded(residual, RESIDUAL.amber, RESIDUAL.red),
      reason: `The head moves by about ${residual.toFixed(1)} mm${corrected ? ' after correction' : ' and is not corrected'}.`,
      remedy: corrected
        ? 'Leave the worst frames out, by hand or by a lower limit of motion, and run again.'
        : 'Correct the motion before the maps.',
      actions: corrected ? ['showMotion', 'setMotion'] : ['correctMotion'],
    })
  }
  const usual = `The head moves by ${residual.toFixed(1)} mm at most${corrected ? ' after correction' : ''}.`
  return lineOf('motion', findings, usual, { value: residual, unit: 'mm' })
}

const GAPS =
  /missing|incomplete|left out|listed apart|filled|interpolat|not evenly spaced|unequal|fewer|damaged|unreadable|lack/i

/** Without it no volume in ml is true. */
const NO_SCALE = /Pixel Spacing .* is missing/

/** HU; images of a phantom without noise repeat each other until the bolus comes. */
const NOISELESS = 0.2

/** Slices without content, frames that repeat, and what reading the files had to say. */
export function gradeMissing(series: VolumeSeries, mask: Uint8Array | null): QualityLine {
  const { frames, geometry } = series
  const [nx, ny, nz] = geometry.size
  let empty = 0
  let repeated = 0
  for (let frame = 0; frame < frames; frame++) {
    const here = frameOf(series, frame)
    const before = frame > 0 ? frameOf(series, frame - 1) : null
    for (let slice = 0; slice < nz; slice++) {
      const [flat, same] = compareSlice(here, before, slice * nx * ny, nx * ny)
      if (flat) empty++
      else if (same) repeated++
    }
  }
  const findings: Finding[] = []
  const all = frames * nz
  if (empty > 0) {
    findings.push({
      grade: empty > 0.02 * all ? 'red' : 'amber',
      reason: `${empty} of ${all} images are empty.`,
      remedy: 'Export the series again; maps of these slices are wrong.',
    })
  }
  const noiseless = (temporalNoise(series, mask) ?? 0) < NOISELESS
  if (repeated > 0 && !noiseless) {
    findings.push({
      grade: repeated > 0.05 * all ? 'red' : 'amber',
      reason: `${repeated} images repeat the one before.`,
      remedy: 'Export the series again: time points were copied or lost.',
    })
  }
  for (const warning of series.warnings.filter((words) => GAPS.test(words))) {
    const noScale = NO_SCALE.test(warning)
    findings.push({
      grade: noScale ? 'red' : 'amber',
      reason: warning,
      remedy: noScale
        ? 'Export the series again: without the size of a pixel all volumes in ml are wrong.'
        : 'Check the study for lost images.',
      actions: ['showNotes'],
    })
  }
  const wrong = noiseless ? empty : empty + repeated
  const figure = wrong > 0 || findings.length === 0 ? { value: wrong, unit: 'images' } : undefined
  return lineOf('missingData', findings, `All ${all} images are there.`, figure)
}

type Stored = VolumeSeries['voxels']

function compareSlice(
  here: Stored,
  before: Stored | null,
  from: number,
  area: number,
): [flat: boolean, same: boolean] {
  let flat = true
  let same = before !== null
  for (let i = from; i < from + area && (flat || same); i++) {
    if (here[i] !== here[from]) flat = false
    if (before && here[i] !== before[i]) same = false
  }
  return [flat, same]
}

/** HU no tissue has; enamel and cortical bone stay below. */
const METAL_HU = 2500
const METAL_ML = { amber: 0.2, red: 3 }
/** Frames in a row at one and the same highest value; noise may make one voxel look so, not two at the same value. */
const PLATEAU = 3

/** Vessel curves cut off at the top, and metal, whose streaks no map survives. */
export function gradeClipping(series: VolumeSeries, maps: PerfusionMaps | null): QualityLine {
  const findings: Finding[] = []
  const vessels = maps ? [...maps.aif.voxels, ...(maps.vof?.voxels ?? [])] : []
  const cut = countCut(series, vessels)
  if (cut > 0) {
    findings.push({
      grade: cut > 0.1 * vessels.length ? 'red' : 'amber',
      reason: `${cut} of ${vessels.length} vessel voxels stay at their highest value: the bolus is cut off at the top.`,
      remedy: 'Export the series with its full range of values; CBF and CBV are too high.',
      actions: ['chooseArtery'],
    })
  }
  const metal = series.kind === 'mr-perfusion' ? 0 : metalVolume(series)
  if (metal > METAL_ML.amber) {
    findings.push({
      grade: graded(metal, METAL_ML.amber, METAL_ML.red),
      reason: `${metal.toFixed(1)} ml of metal lie in the slices.`,
      remedy: 'Distrust the slices with streaks.',
    })
  }
  return lineOf('clipping', findings, 'No vessel is cut off, and there is no metal.', {
    value: metal,
    unit: 'ml of metal',
  })
}

/** Voxels that share with another the value they stay at. */
function countCut(series: VolumeSeries, vessels: readonly Vec3[]): number {
  const sharing = new Map<number, number>()
  for (const voxel of vessels) {
    const top = plateauOf(series, voxel)
    if (top !== null) sharing.set(top, (sharing.get(top) ?? 0) + 1)
  }
  return [...sharing.values()].reduce((sum, count) => sum + (count > 1 ? count : 0), 0)
}

/** The highest value of a voxel where it stays at it, as it is stored. */
function plateauOf({ geometry, frames, voxels }: VolumeSeries, [x, y, z]: Vec3): number | null {
  const [nx, ny, nz] = geometry.size
  const at = (z * ny + y) * nx + x
  let highest = -Infinity
  for (let t = 0; t < frames; t++) highest = Math.max(highest, voxels[t * nx * ny * nz + at])
  let run = 0
  for (let t = 0; t < frames; t++) {
    run = voxels[t * nx * ny * nz + at] === highest ? run + 1 : 0
    if (run >= PLATEAU) return highest
  }
  return null
}

function metalVolume(series: VolumeSeries): number {
  let voxels = 0
  for (const value of frameOf(series, 0)) if (value * series.slope + series.intercept > METAL_HU) voxels++
  return (voxels * voxelVolume(series.geometry)) / 1000
}
