import { z } from 'zod'
import type { MapName } from '@contract'
import { partOfRun, type Run } from '../compute/run'
import {
  makePhantom,
  mixSeeds,
  phantomOptions,
  phantomSeries,
  phantomTruth,
  randomStream,
  uniform,
  type PhantomOptions,
} from '../phantom'
import type { VolumeSeries } from '../volume'
import { cohortRangesSchema, type CohortRanges } from './ranges'

export const cohortSchema = z.strictObject({
  kind: z.literal('cohort'),
  patients: z.number().int().min(1).max(100_000),
  seed: z.number().int().min(0).max(0xffffffff).default(1),
  /** Images: rows and columns, slices, mm between them. */
  size: z.number().int().min(32).max(1024).default(256),
  slices: z.number().int().min(1).max(64).default(5),
  thickness: z.number().min(1).max(20).default(8),
  ranges: cohortRangesSchema.prefault({}),
})
export type CohortChoice = z.output<typeof cohortSchema>

/** A study with its maps as a network learns from it. */
export interface LabelledStudy {
  series: VolumeSeries
  /** In the maps' units, [voxel]. */
  maps: Partial<Record<MapName, Float32Array>>
  /** Where the maps are known, [voxel]. */
  known: Uint8Array
}

/** Name of a patient of a generated cohort. */
export function cohortPatient({ seed }: CohortChoice, index: number): string {
  return `phantom-${seed}-${String(index + 1).padStart(4, '0')}`
}

/** The phantom of one patient: drawn from the ranges by the cohort's seed and the patient's number alone. */
export function cohortPhantom(choice: CohortChoice, index: number): PhantomOptions {
  const { ranges } = choice
  const random = randomStream(mixSeeds(choice.seed, 0xc0407, index))
  const draw = ([low, high]: readonly [number, number]): number => uniform(random, low, high)
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(uniform(random, 0, choices.length))]
  const size = draw(ranges.size)
  const individual = {
    head: {
      scale: [size * draw([0.98, 1.02]), size * draw([0.98, 1.02]), size] as [number, number, number],
      shift: [draw(ranges.shift), draw(ranges.shift), draw(ranges.height)] as [number, number, number],
      turn: draw(ranges.turn),
    },
    bolus: {
      arrival: draw(ranges.arrival),
      peak: draw(ranges.peak),
      alpha: draw(ranges.alpha),
      beta: draw(ranges.beta),
      recirculation: draw(ranges.recirculation),
      venousDelay: draw(ranges.venousDelay),
      venousDispersion: draw(ranges.venousDispersion),
    },
    perfusion: {
      flow: draw(ranges.flow),
      volume: draw(ranges.volume),
      lesionFlow: draw(ranges.lesionFlow),
      lesionVolume: draw(ranges.lesionVolume),
      lesionDelay: draw(ranges.lesionDelay),
    },
  }
  const interval = pick(ranges.intervals)
  const moved = uniform(random) < ranges.moved
  return phantomOptions({
    size: choice.size,
    slices: choice.slices,
    thickness: choice.thickness,
    interval,
    volumes: Math.max(12, Math.round(draw(ranges.duration) / interval) + 1),
    residue: pick(ranges.residues),
    lesion: drawLesion(ranges, random, draw, pick),
    shrinkLesion: true,
    noise: ranges.noise[0] * (ranges.noise[1] / ranges.noise[0]) ** uniform(random),
    motion: moved ? draw(ranges.motion) : 0,
    seed: mixSeeds(choice.seed, index, 0x5eed),
    individual,
  })
}

function drawLesion(
  ranges: CohortRanges,
  random: () => number,
  draw: (range: readonly [number, number]) => number,
  pick: <T>(choices: readonly T[]) => T,
): string {
  const territory = pick(ranges.territories)
  const [core, penumbra] = [draw(ranges.coreMl), draw(ranges.penumbraMl)]
  if (uniform(random) < ranges.normals) return 'none'
  return `${territory}:${core.toFixed(1)}+${penumbra.toFixed(1)}`
}

/** Images and truth of one patient. */
export async function cohortStudy(
  choice: CohortChoice,
  index: number,
  run: Run = {},
): Promise<LabelledStudy & { options: PhantomOptions; lesion: Uint8Array }> {
  const options = cohortPhantom(choice, index)
  const phantom = await makePhantom(options, partOfRun(run, 0, 0.4))
  const { maps, mask } = phantomTruth(phantom)
  const lesion = phantom.voxels.lesion.slice()
  return { series: await phantomSeries(phantom, partOfRun(run, 0.4, 1)), maps, known: mask, options, lesion }
}
