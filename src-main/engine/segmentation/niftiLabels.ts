import { UmbraError, type Structure } from '@contract'
import { readStoredNifti, type StoredVoxels } from '../volume'
import { bitsOfValues, type StructureMap } from './structureMap'

/** Labels stored as shares of a scale, or gone through a resampling, are whole but for rounding in single precision. */
const ROUNDING = 1e-5
/** Beyond this a value is no label any more. */
const LARGEST_LABEL = 65_535

/**
 * A NIfTI labelmap as structures. Throws `nifti-unreadable` for a damaged file, and `not-labels` where its values are
 * not whole numbers from 0 on, are not numbers, or change over time.
 */
export async function readNiftiLabels(path: string, structures: readonly Structure[]): Promise<StructureMap> {
  const { geometry, frames, stored, slope, intercept } = await readStoredNifti(path)
  const refuse = (message: string, hint: string): UmbraError =>
    new UmbraError({ code: 'not-labels', message, hint, where: path })
  if (frames > 1) {
    throw refuse(`It has ${frames} time points.`, 'A labelmap is one 3-D volume: give that.')
  }
  const plain = slope === 1 && intercept === 0
  const labels = labelBits(structures, refuse)
  const bits =
    plain && stored instanceof Uint8Array
      ? bytesToBits(stored, labels.of)
      : valuesToBits(stored, slope, intercept, labels.of)
  const unlisted = labels.unlisted()
  return { geometry, bits, emptyBeyond: false, notes: [...unlisted].sort(([a], [b]) => a - b).map(leftOut) }
}

interface LabelBits {
  /** The structures of a value other than 0, which is counted where it is none of theirs. Throws `not-labels`. */
  of(value: number): number
  /** [value, voxels] */
  unlisted(): Map<number, number>
}

function labelBits(
  structures: readonly Structure[],
  refuse: (message: string, hint: string) => UmbraError,
): LabelBits {
  const listed = bitsOfValues(structures)
  const everything = structures.findIndex(({ values }) => values === null)
  const any = everything < 0 ? 0 : 1 << everything
  const lookUp = new Int16Array(LARGEST_LABEL + 1).fill(-1)
  const unlisted = new Map<number, number>()
  return {
    of: (value) => {
      // NaN fails every comparison.
      if (!(value > 0 && value <= LARGEST_LABEL && value % 1 === 0)) {
        throw refuse(complaint(value), 'Export it as a labelmap of whole numbers, 0 for the background.')
      }
      let known = lookUp[value]
      if (known < 0) known = lookUp[value] = (listed.get(value) ?? 0) | any
      if (known === 0) unlisted.set(value, (unlisted.get(value) ?? 0) + 1)
      return known
    },
    unlisted: () => unlisted,
  }
}

/**
 * Labels stored as bytes become bits where they are. Most of a drawing is background, and most of the rest lies beside
 * its like: four voxels at once.
 */
function bytesToBits(stored: Uint8Array, of: (value: number) => number): Uint8Array {
  const take = (from: number, to: number): void => {
    for (let i = from; i < to; i++) if (stored[i] !== 0) stored[i] = of(stored[i])
  }
  const head = Math.min(stored.length, (4 - (stored.byteOffset % 4)) % 4)
  // A view that begins between words is refused, even an empty one.
  const count = Math.floor((stored.length - head) / 4)
  const words =
    count > 0 ? new Uint32Array(stored.buffer, stored.byteOffset + head, count) : new Uint32Array()
  let [before, became] = [0, 0]
  take(0, head)
  for (let w = 0; w < words.length; w++) {
    const word = words[w]
    if (word === 0) continue
    if (word === before && became !== 0) {
      words[w] = became
      continue
    }
    take(head + 4 * w, head + 4 * w + 4)
    // Voxels whose value is not listed are counted one by one.
    ;[before, became] = allMarked(words[w]) ? [word, words[w]] : [0, 0]
  }
  take(head + 4 * words.length, stored.length)
  return stored
}

const allMarked = (word: number): boolean =>
  (word & 0xff) !== 0 && (word & 0xff00) !== 0 && (word & 0xff0000) !== 0 && word >>> 24 !== 0

function valuesToBits(
  stored: StoredVoxels,
  slope: number,
  intercept: number,
  of: (value: number) => number,
): Uint8Array {
  const bits = new Uint8Array(stored.length)
  for (let i = 0; i < stored.length; i++) {
    const value = stored[i] * slope + intercept
    const whole = Math.round(value)
    const label = Math.abs(value - whole) <= ROUNDING ? whole : value
    if (label !== 0) bits[i] = of(label)
  }
  return bits
}

function complaint(value: number): string {
  if (Number.isNaN(value)) return 'It holds values that are not numbers (NaN).'
  return `It holds the value ${value}, which is no label.`
}

const leftOut = ([value, voxels]: [number, number]): string =>
  `The value ${value} (${voxels} ${voxels === 1 ? 'voxel' : 'voxels'}) is not among the labels and does not count.`
