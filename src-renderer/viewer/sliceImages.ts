import {
  Enums,
  cache,
  getShouldUseCPURendering,
  imageLoader,
  metaData,
  utilities,
  type Types,
} from '@cornerstonejs/core'
import type { VoxelArray } from '@contract'
import { planeNormal, slicePosition } from './geometry'
import { OUTSIDE, rangeOf, type Values } from './values'
import { VOLUME_SCHEME, volumeSliceOf, type SlicePlace } from './volumes'
import { useVoxels } from './voxels'

const SCHEME = 'umbra'

/** The Cornerstone image of one slice of one frame. A 4-D stack lists its images frame by frame. */
export function sliceImageId(voxelsId: string, frame: number, slice: number): string {
  return `${SCHEME}:${encodeURIComponent(voxelsId)}/${frame}/${slice}`
}

function parse(imageId: string): SlicePlace | null {
  if (!imageId.startsWith(`${SCHEME}:`)) return null
  const [id, frame, slice] = imageId.slice(SCHEME.length + 1).split('/')
  const array = useVoxels().array(decodeURIComponent(id))
  return array ? { array, frame: Number(frame), slice: Number(slice) } : null
}

/** All images of an array in stack order: index = frame · slices + slice. */
export function stackOf(array: VoxelArray): string[] {
  const slices = array.geometry.size[2]
  return Array.from({ length: array.frames * slices }, (_, index) =>
    sliceImageId(array.id, Math.floor(index / slices), index % slices),
  )
}

/** Low enough for every range a map is shown with, near enough for the 16 bits of Cornerstone's processor renderer. */
const PROCESSOR_OUTSIDE = -100

/** Cornerstone's processor renderer spreads the floats of a slice over 16 bits, where OUTSIDE would take all of them. */
function processorPixels(pixels: Values): Values {
  return pixels instanceof Float32Array
    ? pixels.map((value) => (value === OUTSIDE ? PROCESSOR_OUTSIDE : value))
    : pixels
}

/** The image of a slice; on the GPU path its pixels are a view into the frame's values, so nothing is copied. */
function createSliceImage(imageId: string, array: VoxelArray, values: Values, slice: number): Types.IImage {
  const [columns, rows] = array.geometry.size
  const [columnPixelSpacing, rowPixelSpacing] = array.geometry.spacing
  const onProcessor = getShouldUseCPURendering()
  const stored = values.subarray(slice * columns * rows, (slice + 1) * columns * rows)
  const pixels = onProcessor ? processorPixels(stored) : stored
  // On the GPU a pane always sets its range, so the pass over the pixels is saved.
  const [minPixelValue, maxPixelValue] = onProcessor ? rangeOf(pixels) : [0, 255]
  const dataType = pixels.constructor.name as Types.PixelDataTypedArrayString
  return {
    imageId,
    rows,
    columns,
    height: rows,
    width: columns,
    columnPixelSpacing,
    rowPixelSpacing,
    minPixelValue,
    maxPixelValue,
    slope: 1,
    intercept: 0,
    windowCenter: (minPixelValue + maxPixelValue) / 2,
    windowWidth: Math.max(maxPixelValue - minPixelValue, 1e-6),
    voiLUTFunction: Enums.VOILUTFunctionType.LINEAR,
    preScale: { enabled: true, scaled: true },
    color: false,
    rgba: false,
    invert: false,
    numberOfComponents: 1,
    photometricInterpretation: 'MONOCHROME2',
    sizeInBytes: pixels.byteLength,
    dataType,
    getPixelData: () => pixels,
    getCanvas: () => document.createElement('canvas'),
    voxelManager: utilities.VoxelManager.createImageVoxelManager({
      scalarData: pixels,
      width: columns,
      height: rows,
      numberOfComponents: 1,
    }),
  }
}

/** The plane of a slice as DICOM describes it; exact under gantry tilt, because each slice states its own position. */
function imagePlane(array: VoxelArray, slice: number): Types.ImagePlaneModule {
  const { direction, spacing, size, frameOfReference } = array.geometry
  const [rowCosines, columnCosines] = direction
  return {
    frameOfReferenceUID: frameOfReference,
    rows: size[1],
    columns: size[0],
    rowCosines,
    columnCosines,
    imageOrientationPatient: [...rowCosines, ...columnCosines],
    imagePositionPatient: slicePosition(array.geometry, slice),
    columnPixelSpacing: spacing[0],
    rowPixelSpacing: spacing[1],
    pixelSpacing: [spacing[1], spacing[0]],
    sliceThickness: spacing[2],
    sliceLocation: planeNormal(array.geometry).reduce(
      (sum, component, axis) => sum + component * slicePosition(array.geometry, slice)[axis],
      0,
    ),
    usingDefaultValues: false,
  } as Types.ImagePlaneModule
}

function metadataOf(type: string, imageId: string): unknown {
  const place = typeof imageId === 'string' ? placeOf(imageId) : null
  if (place === null) return undefined
  const { array, slice } = place
  switch (type) {
    case Enums.MetadataModules.IMAGE_PLANE:
      return imagePlane(array, slice)
    case Enums.MetadataModules.IMAGE_PIXEL: {
      const bits = array.type === 'uint8' ? 8 : array.type === 'int16' ? 16 : 32
      return {
        bitsAllocated: bits,
        bitsStored: bits,
        highBit: bits - 1,
        samplesPerPixel: 1,
        pixelRepresentation: array.type === 'uint8' ? 0 : 1,
        photometricInterpretation: 'MONOCHROME2',
        rows: array.geometry.size[1],
        columns: array.geometry.size[0],
      }
    }
    case Enums.MetadataModules.GENERAL_SERIES:
      return { modality: array.unit === 'HU' ? 'CT' : 'OT', seriesInstanceUID: array.id }
    case Enums.MetadataModules.MODALITY_LUT:
      return { rescaleSlope: 1, rescaleIntercept: 0, rescaleType: array.unit }
    case Enums.MetadataModules.VOI_LUT:
      return undefined
    default:
      return undefined
  }
}

/** Where an image of either kind comes from: a slice of a frame, or a slice of a local volume. */
function placeOf(imageId: string): SlicePlace | null {
  return parse(imageId) ?? volumeSliceOf(imageId)
}

async function loadSliceImage(imageId: string): Promise<Types.IImage> {
  const place = placeOf(imageId)
  if (place === null) throw new Error(`Unknown image ${imageId}`)
  const { array, frame, slice } = place
  return createSliceImage(imageId, array, await useVoxels().frame(array.id, frame), slice)
}

let registered = false

/** Registers the loader and the metadata of `umbra:` images; frames that leave memory take their images with them. */
export function registerSliceImages(): void {
  if (registered) return
  registered = true
  const load = (imageId: string): { promise: Promise<Types.IImage> } => ({ promise: loadSliceImage(imageId) })
  imageLoader.registerImageLoader(SCHEME, load)
  imageLoader.registerImageLoader(VOLUME_SCHEME, load)
  metaData.addProvider(metadataOf, 10_000)
  useVoxels().onEviction((id, frame) => {
    const slices = useVoxels().array(id)?.geometry.size[2] ?? 0
    for (let slice = 0; slice < slices; slice++) {
      const imageId = sliceImageId(id, frame, slice)
      if (cache.getImageLoadObject(imageId)) cache.removeImageLoadObject(imageId, { force: true })
    }
  })
}
