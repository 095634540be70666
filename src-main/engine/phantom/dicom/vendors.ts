import type { PhantomOptions } from '../options'

/** How a vendor lays a time series out in classic single-slice files. Frames and slices count from 0, feet to head. */
export interface VendorStyle {
  manufacturer: string
  seriesDescription: string
  /** 1: signed. */
  pixelRepresentation: 0 | 1
  bitsStored: 12 | 16
  /** Stored value outside the circle of reconstruction; null: air. */
  padding: number | null
  /** A series for every time point, all in one frame of reference. */
  seriesPerFrame: boolean
  /** Temporal Position Identifier and Number of Temporal Positions. */
  temporalPosition: boolean
  /** Acquisition Number counts the time points. */
  acquisitionPerFrame: boolean
  /** From 1. */
  instanceNumber(frame: number, slice: number, frames: number, slices: number): number
  /** Path in the study's folder, forward slashes. */
  path(frame: number, slice: number, instanceNumber: number): string
}

const number = (value: number, digits: number): string => String(value).padStart(digits, '0')

/** One series, all times of a slice before the next slice; nothing but the times tells the time points apart. */
const ge: VendorStyle = {
  manufacturer: 'GE MEDICAL SYSTEMS',
  seriesDescription: 'Perfusion 4D',
  pixelRepresentation: 1,
  bitsStored: 16,
  padding: -2000,
  seriesPerFrame: false,
  temporalPosition: false,
  acquisitionPerFrame: false,
  instanceNumber: (frame, slice, frames) => slice * frames + frame + 1,
  path: (_frame, _slice, instance) => `S0004/I${number(instance, 6)}.dcm`,
}

/** One series for every time point. */
const siemens: VendorStyle = {
  manufacturer: 'SIEMENS',
  seriesDescription: 'Neuro Perfusion 5.0 H20f',
  pixelRepresentation: 0,
  bitsStored: 12,
  padding: null,
  seriesPerFrame: true,
  temporalPosition: false,
  acquisitionPerFrame: true,
  instanceNumber: (_frame, slice) => slice + 1,
  path: (frame, slice) => `SER${number(frame + 4, 5)}/IMG${number(slice + 1, 5)}`,
}

/** One series with temporal positions, slices from the head down. */
const philips: VendorStyle = {
  manufacturer: 'Philips',
  seriesDescription: 'Brain Perfusion',
  pixelRepresentation: 0,
  bitsStored: 12,
  padding: null,
  seriesPerFrame: false,
  temporalPosition: true,
  acquisitionPerFrame: false,
  instanceNumber: (frame, slice, _frames, slices) => frame * slices + (slices - 1 - slice) + 1,
  path: (_frame, _slice, instance) => `IM_${number(instance, 5)}`,
}

/** The vendor's habits; DSC-MRI differs: Siemens keeps one series, GE numbers temporal positions, time by time. */
export function vendorStyle({ vendor, modality }: Pick<PhantomOptions, 'vendor' | 'modality'>): VendorStyle {
  const style = { ge, siemens, philips, canon: philips }[vendor]
  if (modality === 'ct') return style
  const frameByFrame: VendorStyle['instanceNumber'] = (frame, slice, _frames, slices) =>
    frame * slices + slice + 1
  const mr = {
    ...style,
    seriesDescription: 'DSC perfusion',
    pixelRepresentation: 0,
    bitsStored: 16,
    padding: null,
  } as const
  if (vendor === 'ge') return { ...mr, temporalPosition: true, instanceNumber: frameByFrame }
  if (vendor === 'siemens') {
    return {
      ...mr,
      seriesPerFrame: false,
      instanceNumber: frameByFrame,
      path: (_frame, _slice, instance) => `SER00004/IMG${number(instance, 5)}`,
    }
  }
  return mr
}
