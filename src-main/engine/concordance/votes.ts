import type { VoxelCounts } from '../agreement'

/** How many voxels of the grid have which votes: bit r of a pattern is reading `members[r]`. */
export interface Votes {
  structure: string
  members: number[]
  patterns: number[]
  counts: number[]
}

/** More readings do not fit into the byte of a voxel. */
const BYTE = 8

/** The votes of masks of one structure within its box, on a grid of so many voxels; null: no such reading. */
export function countVotes(structure: string, masks: readonly (Uint8Array | null)[], voxels: number): Votes {
  const members = masks.flatMap((mask, r) => (mask === null ? [] : [r]))
  const drawn = masks.filter((mask): mask is Uint8Array => mask !== null)
  const tally = drawn.length <= BYTE ? tallyOfWords(drawn) : tallyOfVoxels(drawn)
  tally[0] = voxels - tally.reduce((sum, count, pattern) => (pattern === 0 ? sum : sum + count), 0)
  const patterns = Array.from(tally.keys()).filter((pattern) => tally[pattern] > 0)
  return { structure, members, patterns, counts: patterns.map((pattern) => tally[pattern]) }
}

/** Four voxels at once: a mask's 0 and 1 shifted by the place of its reading stay within their byte. */
function tallyOfWords(masks: readonly Uint8Array[]): Uint32Array {
  const tally = new Uint32Array(1 << masks.length)
  const rows = masks.map(
    ({ buffer, byteOffset, length }) => new Uint32Array(buffer, byteOffset, Math.ceil(length / 4)),
  )
  const words = rows[0]?.length ?? 0
  for (let w = 0; w < words; w++) {
    let votes = 0
    for (let m = 0; m < rows.length; m++) votes |= rows[m][w] << m
    if (votes === 0) continue
    tally[votes & 0xff]++
    tally[(votes >>> 8) & 0xff]++
    tally[(votes >>> 16) & 0xff]++
    tally[votes >>> 24]++
  }
  return tally
}

function tallyOfVoxels(masks: readonly Uint8Array[]): Uint32Array {
  const tally = new Uint32Array(1 << masks.length)
  for (let at = 0; at < masks[0].length; at++) {
    let pattern = 0
    for (let m = 0; m < masks.length; m++) pattern |= masks[m][at] << m
    tally[pattern]++
  }
  return tally
}

/** Voxels in either and in both of two readings. */
export function pairCounts({ members, patterns, counts }: Votes, first: number, second: number): VoxelCounts {
  const [a, b] = [members.indexOf(first), members.indexOf(second)]
  const result = { first: 0, second: 0, both: 0, total: 0 }
  patterns.forEach((pattern, i) => {
    const [inA, inB] = [(pattern >> a) & 1, (pattern >> b) & 1]
    result.first += inA * counts[i]
    result.second += inB * counts[i]
    result.both += (inA & inB) * counts[i]
    result.total += counts[i]
  })
  return result
}

/** Votes of the raters alone, the reference left out. */
export function votesOfRaters(votes: Votes, reference: number | null): Votes {
  const kept = votes.members.flatMap((r, m) => (r === reference ? [] : [m]))
  const merged = new Map<number, number>()
  votes.patterns.forEach((pattern, i) => {
    const own = kept.reduce((bits, m, to) => bits | (((pattern >> m) & 1) << to), 0)
    merged.set(own, (merged.get(own) ?? 0) + votes.counts[i])
  })
  return {
    structure: votes.structure,
    members: kept.map((m) => votes.members[m]),
    patterns: [...merged.keys()],
    counts: [...merged.values()],
  }
}

/** [outside, inside] votes of each pattern. */
export function voteRows({ members, patterns }: Votes): number[][] {
  return patterns.map((pattern) => {
    const inside = members.reduce((sum, _, m) => sum + ((pattern >> m) & 1), 0)
    return [members.length - inside, inside]
  })
}
