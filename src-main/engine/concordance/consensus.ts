import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Geometry } from '@contract'
import type { Staple } from '../agreement'
import { writeNifti } from '../volume'
import type { Box } from './boxes'
import type { Votes } from './votes'

/** The consensus (STAPLE) of the raters of one case and structure, small enough to be kept until it is written. */
export interface ConsensusMap {
  geometry: Geometry
  /** Where anybody drew; null where nobody did, and the consensus is empty. */
  box: Box | null
  /** The votes of every voxel of the box, bit m: rater m; 16 bits each (little-endian), deflated. */
  votes: Uint8Array
  /** [votes, probability of being inside] */
  probability: [number, number][]
}

/** `masks` are those of the raters, in the order of `votes.members`, within the box. */
export function consensusMap(
  geometry: Geometry,
  box: Box | null,
  masks: readonly Uint8Array[],
  votes: Votes,
  estimate: Staple | null,
): ConsensusMap {
  if (!box || !estimate) return { geometry, box: null, votes: new Uint8Array(), probability: [] }
  const patterns = new Uint16Array(masks[0].length)
  masks.forEach((mask, m) => {
    for (let i = 0; i < mask.length; i++) patterns[i] |= mask[i] << m
  })
  return {
    geometry,
    box,
    votes: deflateRawSync(new Uint8Array(patterns.buffer), { level: 1 }),
    probability: votes.patterns.map((pattern, i) => [pattern, estimate.probability[i]]),
  }
}

/** On the whole grid: the probability that a voxel is inside, and 1 where it is above one half. */
export function consensusVoxels({ geometry, box, votes, probability }: ConsensusMap): {
  probability: Float32Array
  inside: Uint8Array
} {
  const [nx, ny, nz] = geometry.size
  const found = { probability: new Float32Array(nx * ny * nz), inside: new Uint8Array(nx * ny * nz) }
  if (!box) return found
  const { from, size } = box
  const voxels = size[0] * size[1] * size[2]
  const stored = inflateRawSync(votes, { maxOutputLength: 2 * voxels })
  const patterns = new Uint16Array(Uint8Array.from(stored).buffer)
  const inside = new Float64Array(65_536)
  for (const [pattern, value] of probability) inside[pattern] = value
  for (let z = 0, at = 0; z < size[2]; z++) {
    for (let y = 0; y < size[1]; y++) {
      const row = ((from[2] + z) * ny + from[1] + y) * nx + from[0]
      for (let x = 0; x < size[0]; x++, at++) {
        const value = inside[patterns[at]]
        found.probability[row + x] = value
        if (value > 0.5) found.inside[row + x] = 1
      }
    }
  }
  return found
}

/** A consensus as two files, each in a folder that `umbra agree` can take for a reading's. */
export interface ConsensusFiles {
  labels: string
  probability: string
}

/** Below `directory`; the folders are made when missing. */
export async function writeConsensus(
  map: ConsensusMap,
  directory: string,
  { labels, probability }: ConsensusFiles,
): Promise<void> {
  const voxels = consensusVoxels(map)
  for (const [file, content] of [
    [labels, voxels.inside],
    [probability, voxels.probability],
  ] as const) {
    await mkdir(join(directory, file, '..'), { recursive: true })
    await writeNifti(join(directory, file), map.geometry, content, { description: 'STAPLE consensus' })
  }
}
