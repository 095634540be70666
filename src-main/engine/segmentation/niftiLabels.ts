import { UmbraError, type Structure } from '@contract'
import { readStoredNifti } from '../volume'
import { bitsOfValues, type StructureMap } from './structureMap'

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
  const listed = bitsOfValues(structures)
  const everything = structures.findIndex(({ values }) => values === null)
  const any = everything < 0 ? 0 : 1 << everything
  const bits = new Uint8Array(stored.length)
  const lookUp = new Int16Array(LARGEST_LABEL + 1).fill(-1)
  const unlisted = new Map<number, number>()
  const plain = slope === 1 && intercept === 0
  const take = (from: number, to: number): void => {
    for (let i = from; i < to; i++) {
      const value = plain ? stored[i] : stored[i] * slope + intercept
      if (value === 0) continue
      // NaN fails every comparison.
      if (!(value > 0 && value <= LARGEST_LABEL && value % 1 === 0)) {
        throw refuse(complaint(value), 'Export it as a labelmap of whole numbers, 0 for the background.')
      }
      let known = lookUp[value]
      if (known < 0) known = lookUp[value] = (listed.get(value) ?? 0) | any
      if (known === 0) unlisted.set(value, (unlisted.get(value) ?? 0) + 1)
      bits[i] = known
    }
  }
  const perWord = 4 / stored.BYTES_PER_ELEMENT
  if (intercept !== 0 || perWord < 1) take(0, stored.length)
  else {
    // Most of a drawing is background: four bytes of it are passed over at once.
    const words = new Uint32Array(stored.buffer, 0, Math.floor(stored.length / perWord))
    for (let w = 0; w < words.length; w++) if (words[w] !== 0) take(w * perWord, (w + 1) * perWord)
    take(words.length * perWord, stored.length)
  }
  return { geometry, bits, emptyBeyond: false, notes: [...unlisted].sort(([a], [b]) => a - b).map(leftOut) }
}

function complaint(value: number): string {
  if (Number.isNaN(value)) return 'It holds values that are not numbers (NaN).'
  return `It holds the value ${value}, which is no label.`
}

const leftOut = ([value, voxels]: [number, number]): string =>
  `The value ${value} (${voxels} ${voxels === 1 ? 'voxel' : 'voxels'}) is not among the labels and does not count.`
