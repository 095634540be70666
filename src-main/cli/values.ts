import { InvalidArgumentError, Option } from 'commander'
import { backendNames, parseFrames, type Vec3 } from '@contract'

/** A voxel of a repeated option, x,y,z counted from 0. */
export function voxel(text: string, before?: Vec3[]): Vec3[] {
  const parts = /^(\d+),(\d+),(\d+)$/.exec(text)
  if (!parts) {
    throw new InvalidArgumentError(
      'Voxels are x,y,z counted from 0, like 120,96,4; the study goes before them.',
    )
  }
  return [...(before ?? []), [Number(parts[1]), Number(parts[2]), Number(parts[3])]]
}

/** Frames as they are shown, counted from 1, as indices. */
export function frames(text: string): number[] {
  const indices = parseFrames(text)
  if (indices === null || indices.length === 0) {
    throw new InvalidArgumentError('Frames are numbers from 1, and ranges of them, like 12,40-42.')
  }
  return indices
}

/** A number, as an option's value. */
export function number(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Not a number.')
  return value
}

/** What networks compute with. */
export const backendOption = (of = ''): Option =>
  new Option('--backend <name>', `${of}what computes (default: the first that works)`).choices(backendNames)
