import type { CaseAgreement, CaseConsensus, Geometry, LesionState, Structure, Vec3 } from '@contract'
import {
  cohenKappa,
  fleissKappa,
  overlapOf,
  shapeOf,
  staple,
  surfaceDistances,
  type Shape,
  type Staple,
  type VoxelCounts,
} from '../agreement'
import { extendedGrid, onGrid, readStructures, type StructureMap } from '../segmentation'
import { voxelVolume } from '../volume'
import { boxesOf, maskIn, type Box } from './boxes'
import { consensusMap, type ConsensusMap } from './consensus'
import { countVotes, pairCounts, votesOfRaters, voteRows, type Votes } from './votes'

/** One case, and who compares with whom. */
export interface CaseTask {
  name: string
  /** Paths of files, or what was drawn; null where a reading has nothing. [reading] */
  drawings: (string | StructureMap | null)[]
  /** [reading] */
  names: string[]
  structures: Structure[]
  /** [first, second] readings. */
  pairs: { name: string; first: number; second: number }[]
  reference: number | null
}

export interface CaseFindings {
  name: string
  size: Vec3
  spacingMm: Vec3
  /** By structure, then reading. */
  volumesMl: (number | null)[][]
  agreement: CaseAgreement[]
  consensus: CaseConsensus[]
  /** By structure; null where fewer than two raters read the case. */
  consensusMaps: (ConsensusMap | null)[]
  votes: Votes[]
  notes: string[]
}

/**
 * Everything about one case: its drawings are read, brought to the grid of the reference (or of the first that is
 * there) and held against each other, structure by structure. Throws the problems of reading and of unlike grids.
 */
export async function compareCase(task: CaseTask): Promise<CaseFindings> {
  const { maps, geometry, notes } = await readDrawings(task)
  const millilitres = voxelVolume(geometry) / 1000
  const boxes = boxesOf(
    maps.map((map) => map?.bits ?? null),
    geometry.size,
    task.structures.length,
  )
  const findings: CaseFindings = {
    name: task.name,
    size: geometry.size,
    spacingMm: geometry.spacing,
    volumesMl: [],
    agreement: [],
    consensus: [],
    consensusMaps: [],
    votes: [],
    notes,
  }
  task.structures.forEach(({ name: structure }, s) => {
    const masks = masksOf(maps, boxes[s], s, geometry)
    const votes = countVotes(structure, masks, geometry.size[0] * geometry.size[1] * geometry.size[2])
    const shapes = shapesOf(masks, boxes[s], geometry)
    const counts = (first: number, second: number): VoxelCounts => pairCounts(votes, first, second)
    findings.votes.push(votes)
    findings.volumesMl.push(maps.map((map, r) => (map === null ? null : counts(r, r).first * millilitres)))
    for (const { name: pair, first, second } of task.pairs) {
      if (maps[first] === null || maps[second] === null) continue
      findings.agreement.push({
        case: task.name,
        pair,
        structure,
        ...agreementOf(counts(first, second), shapes[first] ?? null, shapes[second] ?? null, millilitres),
      })
    }
    const raters = votesOfRaters(votes, task.reference)
    const several = raters.members.length > 1
    const estimate = several ? staple(raters.patterns, raters.counts, raters.members.length) : null
    findings.consensus.push({
      case: task.name,
      structure,
      ...consensusOf(votes, raters, estimate, task, millilitres),
    })
    const drawn = raters.members.map((r) => masks[r] ?? new Uint8Array())
    findings.consensusMaps.push(several ? consensusMap(geometry, boxes[s], drawn, raters, estimate) : null)
  })
  return findings
}

async function readDrawings(
  task: CaseTask,
): Promise<{ maps: (StructureMap | null)[]; geometry: Geometry; notes: string[] }> {
  const maps: (StructureMap | null)[] = []
  for (const drawing of task.drawings) {
    maps.push(typeof drawing === 'string' ? await readStructures(drawing, task.structures) : drawing)
  }
  const chosen = (task.reference === null ? null : maps[task.reference]) ?? maps.find((map) => map !== null)
  if (!chosen) throw new Error(`${task.name} has no drawing at all`)
  const geometry = extendedGrid(
    chosen,
    maps.filter((map): map is StructureMap => map !== null),
  )
  const notes: string[] = []
  const aligned = maps.map((map, r) => {
    if (map === null) return null
    const drawing = task.drawings[r]
    const where = typeof drawing === 'string' ? drawing : `${task.name}, ${task.names[r]}`
    const placed = onGrid(map, geometry, where)
    notes.push(...placed.notes.map((note) => `${task.name}, ${task.names[r]}: ${note}`))
    return placed
  })
  return { maps: aligned, geometry, notes }
}

/** A structure as each reading drew it, within its box (empty where nobody drew it); null where there is no reading. */
function masksOf(
  maps: readonly (StructureMap | null)[],
  box: Box | null,
  s: number,
  { size }: Geometry,
): (Uint8Array | null)[] {
  return maps.map((map) => {
    if (map === null) return null
    return box ? maskIn(map.bits, size, box, s) : new Uint8Array()
  })
}

function shapesOf(masks: (Uint8Array | null)[], box: Box | null, geometry: Geometry): (Shape | null)[] {
  if (!box) return []
  const within = (): Uint8Array => {
    const any = new Uint8Array(box.size[0] * box.size[1] * box.size[2])
    for (const mask of masks) mask?.forEach((inside, i) => (any[i] |= inside))
    return any
  }
  return masks.map((mask) => (mask === null ? null : shapeOf(mask, box.size, geometry, within)))
}

function agreementOf(
  counts: VoxelCounts,
  first: Shape | null,
  second: Shape | null,
  millilitres: number,
): Omit<CaseAgreement, 'case' | 'pair' | 'structure'> {
  const distances = first && second ? surfaceDistances(first, second) : null
  return {
    state: stateOf(counts),
    firstMl: counts.first * millilitres,
    secondMl: counts.second * millilitres,
    volumeDifferenceMl: (counts.first - counts.second) * millilitres,
    ...overlapOf(counts),
    kappa: cohenKappa(counts),
    hausdorffMm: distances?.hausdorff ?? null,
    hausdorff95Mm: distances?.hausdorff95 ?? null,
    hausdorff95PooledMm: distances?.hausdorff95Pooled ?? null,
    hausdorffSetsMm: distances?.hausdorffSets ?? null,
    assdMm: distances?.averageSymmetric ?? null,
    masdMm: distances?.averageOfMeans ?? null,
  }
}

function stateOf({ first, second }: VoxelCounts): LesionState {
  if (first > 0) return second > 0 ? 'both' : 'second-empty'
  return second > 0 ? 'first-empty' : 'both-empty'
}

function consensusOf(
  all: Votes,
  votes: Votes,
  estimate: Staple | null,
  task: CaseTask,
  millilitres: number,
): Pick<CaseConsensus, 'fleissKappa' | 'staple'> {
  const kappa = fleissKappa(voteRows(votes), votes.counts)
  if (!estimate) return { fleissKappa: kappa, staple: null }
  const inside = new Set(votes.patterns.filter((_, i) => estimate.probability[i] > 0.5))
  const kept = votes.members.map((r) => all.members.indexOf(r))
  const counts = { total: 0, consensus: 0 }
  const drawn = all.members.map(() => ({ own: 0, both: 0 }))
  all.patterns.forEach((pattern, i) => {
    const agreed = inside.has(kept.reduce((bits, m, to) => bits | (((pattern >> m) & 1) << to), 0)) ? 1 : 0
    counts.total += all.counts[i]
    counts.consensus += agreed * all.counts[i]
    drawn.forEach((reading, m) => {
      const own = (pattern >> m) & 1
      reading.own += own * all.counts[i]
      reading.both += (own & agreed) * all.counts[i]
    })
  })
  const diceOf = (reading: number): number | null => {
    const m = all.members.indexOf(reading)
    if (m < 0) return null
    const { own, both } = drawn[m]
    return overlapOf({ first: own, second: counts.consensus, both, total: counts.total }).dice
  }
  return {
    fleissKappa: kappa,
    staple: {
      volumeMl: counts.consensus * millilitres,
      raters: votes.members.map((r, i) => ({
        reading: task.names[r],
        sensitivity: estimate.sensitivity[i],
        specificity: estimate.specificity[i],
        dice: diceOf(r),
      })),
      referenceDice: task.reference === null ? null : diceOf(task.reference),
    },
  }
}
