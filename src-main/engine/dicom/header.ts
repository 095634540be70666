import type { Vec3 } from '@contract'
import type { PixelElement } from './elements'

/** One file's header, as the workers hand it over. Text is decoded and printable; numbers are checked. */
export interface Header {
  /** Size of the file. */
  bytes: number
  transferSyntax: string
  sopClass: string
  sopInstance: string
  studyUid: string
  seriesUid: string
  frameOfReference: string
  modality: string
  manufacturer: string
  patient: { id: string; name: string; birthDate: string; sex: string }
  study: {
    date: string
    time: string
    id: string
    description: string
    accession: string
    referringPhysician: string
  }
  series: { number: number | null; description: string; protocol: string }
  instanceNumber: number | null
  imageType: string[]
  acquisition: Acquisition
  image: ImageLayout | null
  /** One for each frame; a non-image object has none. */
  frames: Frame[]
  warnings: string[]
}

/** How the picture was made, as far as it tells perfusion from its look-alikes. */
export interface Acquisition {
  kernel: string
  tubeVoltage: number | null
  contrastAgent: string
  scanningSequence: string
  sequenceName: string
  repetitionTime: number | null
  temporalPositions: number | null
  /** Seconds between temporal positions. */
  temporalResolution: number | null
}

/** How the pixels of every frame of a file are stored. */
export interface ImageLayout {
  /** Of one frame; of one tile where the stored picture is a mosaic. */
  rows: number
  columns: number
  /** Frames tiled side by side in one stored picture, in each direction; 1 in an ordinary picture. */
  tilesAcross: number
  samples: number
  photometric: string
  bitsAllocated: number
  bitsStored: number
  highBit: number
  signed: boolean
  /** Float and Double Float Pixel Data. */
  float: boolean
  littleEndian: boolean
  padding: number | null
  pixels: PixelElement
}

/** Sources a frame's time can come from, in the order of trust. */
export const timeSources = [
  'frame',
  'reference',
  'acquisition',
  'acquisitionDateTime',
  'offset',
  'trigger',
  'content',
  'series',
] as const
export type TimeSource = (typeof timeSources)[number]

/** What may differ from frame to frame. Lengths in mm, times in seconds, LPS coordinates. */
export interface Frame {
  position: Vec3 | null
  /** Unit vectors along a row and along a column. */
  orientation: [Vec3, Vec3] | null
  /** Pixel spacing along x (columns) and along y (rows). */
  spacing: [number, number] | null
  thickness: number | null
  slope: number
  intercept: number
  instants: Partial<Record<TimeSource, number>>
  /** Temporal Position Identifier or Index. */
  temporalPosition: number | null
  acquisitionNumber: number | null
  echoTime: number | null
  bValue: number | null
  /** Magnitude, phase, real or imaginary; '' when not said. */
  component: string
  window: { center: number; width: number } | null
}
