import { arrange, type Arrangement } from './arrange'
import { timePointsOf } from './kind'
import { groupBy, type Slice } from './slices'
import { sameGrid } from './stacks'

/** One volume of its own: what a scanner writes that makes a new series for every time point. */
export interface Volume {
  slices: Slice[]
  arrangement: Arrangement
}

/** Fewer volumes are a few scans of one region, not a time series. */
const fewestVolumes = 4
/** Seconds between volumes beyond which they are separate scans; late phases of perfusion come every 15 to 30 s. */
const longestPause = 90
/** mm */
const depthTolerance = 0.35

/**
 * Finds volumes that are time points of one examination: same patient, frame of reference, grid and positions, the
 * same description apart from its numbers, and times that follow each other. Returns the groups that join.
 */
export function joinable<V extends Volume>(
  volumes: readonly V[],
): { members: V[]; arrangement: Arrangement }[] {
  const joined: { members: V[]; arrangement: Arrangement }[] = []
  for (const alike of groupBy(volumes, likeness).values()) {
    const slabs = samePlaces(alike).filter((slab) => slab.length >= fewestVolumes)
    for (const members of [slabs.flat(), ...slabs]) {
      const free = members.every((member) => !joined.some((group) => group.members.includes(member)))
      const arrangement = free && members.length >= fewestVolumes ? asTimeSeries(members) : null
      if (arrangement) joined.push({ members, arrangement })
    }
  }
  return joined
}

function likeness({ slices }: Volume): string {
  const { header } = slices[0].instance
  const { frame } = slices[0]
  const name = (text: string): string =>
    text
      .toLowerCase()
      .replace(/[\d\W_]+/g, ' ')
      .trim()
  const perfusionLike = header.modality === 'CT' || /perf|dsc|pwi|dyn/i.test(header.series.description)
  return [
    perfusionLike ? '' : header.seriesUid,
    header.patient.id || header.patient.name,
    header.frameOfReference,
    header.modality,
    header.image?.columns,
    header.image?.rows,
    header.imageType[0],
    header.imageType.includes('LOCALIZER'),
    name(header.series.description),
    name(header.series.protocol),
    header.acquisition.kernel,
    header.acquisition.tubeVoltage,
    frame.thickness?.toFixed(2),
    frame.echoTime?.toFixed(1),
    frame.component,
    frame.bValue,
  ].join('\n')
}

/** Volumes that cover the same positions; one that lacks a few slices still belongs. */
function samePlaces<V extends Volume>(volumes: readonly V[]): V[][] {
  const largestFirst = [...volumes].sort((a, b) => b.slices.length - a.slices.length)
  const slabs: V[][] = []
  for (const volume of largestFirst) {
    const slab = slabs.find(([first]) => covers(first, volume))
    if (slab) slab.push(volume)
    else slabs.push([volume])
  }
  return slabs
}

function covers(whole: Volume, part: Volume): boolean {
  if (!sameGrid(whole.slices[0], part.slices[0]) || part.slices.length < 0.6 * whole.slices.length) {
    return false
  }
  const depths = whole.arrangement.cells.map((cell) => cell?.depth ?? 0)
  return part.slices.every(({ depth }) => depths.some((own) => Math.abs(own - depth) <= depthTolerance))
}

function asTimeSeries(members: readonly Volume[]): Arrangement | null {
  const arrangement = arrange(members.flatMap(({ slices }) => slices))
  if (!arrangement || arrangement.rest.length > 0 || arrangement.frames < fewestVolumes) return null
  if (arrangement.order.by !== 'time') return null
  const times = timePointsOf(arrangement)
  const follows = times.every((time, index) => index === 0 || time - times[index - 1] <= longestPause)
  return follows ? arrangement : null
}
