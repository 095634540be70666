import type { Structure } from '@contract'
import type { Segmentation } from '../dicom'
import { bitsOfValues, type StructureMap } from './structureMap'

/**
 * A DICOM segmentation as structures: its segment numbers are the label values, and segments may overlap. A share of a
 * fractional segment counts from one half on.
 */
export function segmentationStructures(
  segmentation: Segmentation,
  structures: readonly Structure[],
): StructureMap {
  const { geometry, frames, type, segments } = segmentation
  const listed = bitsOfValues(structures)
  const any = structures.reduce((bits, { values }, s) => (values === null ? bits | (1 << s) : bits), 0)
  const area = geometry.size[0] * geometry.size[1]
  const bits = new Uint8Array(area * geometry.size[2])
  const bitsOf = (segment: number): number => (listed.get(segment) ?? 0) | any
  for (const { segment, slice, pixels } of frames) {
    const own = segment === null ? 0 : bitsOf(segment)
    for (let i = 0; i < area; i++) {
      if (pixels[i] === 0) continue
      if (segment === null) bits[slice * area + i] |= bitsOf(pixels[i])
      else if (type === 'BINARY' || pixels[i] >= 0.5) bits[slice * area + i] |= own
    }
  }
  return {
    geometry,
    bits,
    emptyBeyond: true,
    notes: [
      ...(type === 'FRACTIONAL' ? ['Its fractional segments were cut at one half.'] : []),
      ...segments
        .filter(({ number }) => number > 0 && bitsOf(number) === 0)
        .map(
          ({ number, label }) => `Segment ${number} (${label}) is not among the labels and does not count.`,
        ),
    ],
  }
}
