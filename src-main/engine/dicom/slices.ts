import type { Frame, Header } from './header'

/** A file that was found: how a person knows it, and where its bytes lie. */
export interface SourceFile {
  name: string
  path: string
}

export interface Instance {
  file: SourceFile
  header: Header
}

/** One two-dimensional picture: a frame of a file. */
export interface Slice {
  instance: Instance
  /** Frame number within the file, from 0. */
  index: number
  frame: Frame
  /** Position along the stack's normal, mm. */
  depth: number
}

/** A slice that is not shown, and why. */
export interface LeftOut {
  slice: Slice
  reason: string
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted.length === 0 ? 0 : sorted[Math.floor(sorted.length / 2)]
}

/** Of any number of values; spreading them over the arguments of Math.max would overflow the stack. */
export const greatest = (values: readonly number[]): number =>
  values.reduce((a, b) => Math.max(a, b), -Infinity)
export const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Infinity)

/** Groups in the order in which their keys first appear. */
export function groupBy<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const value of values) {
    const key = keyOf(value)
    const group = groups.get(key)
    if (group) group.push(value)
    else groups.set(key, [value])
  }
  return groups
}
