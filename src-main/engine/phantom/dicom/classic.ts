import type { NaturalizedDataset } from 'dcmjs'
import type { Phantom } from '../phantom'
import { deterministicUid } from '../uid'
import { dicomMoment, secondsOfDay } from './clock'
import { acquisitionAttributes, commonAttributes, planeAttributes, sopClasses } from './dataset'
import { filledHeader, headerTemplate, INTEGER_ROOM, pixelDataElement, type HeaderTemplate } from './encode'
import { outsideCircle, rescaleOf, storedPixels } from './pixels'
import { vendorStyle, type VendorStyle } from './vendors'

/** Bytes to be added to a file, which they begin where it is not there yet. The path is in the study's folder. */
export interface DicomPiece {
  path: string
  parts: Uint8Array[]
}

/** Encodes a time point, given as the renderer made it; called frame by frame, from the first. */
export type DicomEncoder = (frame: number, image: Int16Array) => DicomPiece[]

/**
 * Encodes the time points of a phantom as classic CT or MR images in its vendor's style. A header is encoded once a
 * slice; file by file only numbers, times and UIDs change.
 */
export function classicEncoder(phantom: Phantom): DicomEncoder {
  const style = vendorStyle(phantom.options)
  const [nx, ny, nz] = phantom.geometry.size
  const templates = Array.from({ length: nz }, (_, slice) =>
    headerTemplate(sliceAttributes(phantom, style, slice)),
  )
  const padding = style.padding === null ? null : outsideCircle(nx)
  return (frame, image) =>
    templates.map((template, slice) => {
      const plane = image.subarray(slice * nx * ny, (slice + 1) * nx * ny)
      const stored = storedPixels(plane, rescaleOf(phantom.options, slice), padding, style)
      const instance = style.instanceNumber(frame, slice, phantom.frames, nz)
      return {
        path: style.path(frame, slice, instance),
        parts: [
          fileHeader(phantom, style, template, frame, slice, instance),
          pixelDataElement(stored.byteLength),
          new Uint8Array(stored.buffer),
        ],
      }
    })
}

function fileHeader(
  phantom: Phantom,
  style: VendorStyle,
  template: HeaderTemplate,
  frame: number,
  slice: number,
  instance: number,
): Buffer {
  const { options, times } = phantom
  const uid = deterministicUid(options, 'instance', frame, slice)
  const moment = dicomMoment(
    secondsOfDay(options.startTime) + times[frame * phantom.geometry.size[2] + slice],
  )
  return filledHeader(template, {
    mediaSopInstanceUid: uid,
    sopInstanceUid: uid,
    acquisitionDate: moment.date,
    contentDate: moment.date,
    acquisitionTime: moment.time,
    contentTime: moment.time,
    instanceNumber: String(instance),
    acquisitionNumber: String(style.acquisitionPerFrame ? frame + 1 : 1),
    ...(style.temporalPosition ? { temporalPosition: String(frame + 1) } : {}),
    ...(style.seriesPerFrame
      ? { seriesInstanceUid: deterministicUid(options, 'series', frame), seriesNumber: String(frame + 4) }
      : {}),
  })
}

function sliceAttributes(phantom: Phantom, style: VendorStyle, slice: number): NaturalizedDataset {
  const { options, geometry, frames } = phantom
  const { slope, intercept } = rescaleOf(options, slice)
  const ct = options.modality === 'ct'
  const bits = options.rescalePerSlice ? 16 : style.bitsStored
  return {
    ...commonAttributes(phantom, style.manufacturer, style.seriesDescription),
    ...acquisitionAttributes(phantom),
    ...planeAttributes(phantom, slice),
    ImageType: ct ? ['ORIGINAL', 'PRIMARY', 'AXIAL'] : ['ORIGINAL', 'PRIMARY', 'OTHER'],
    SOPClassUID: ct ? sopClasses.ct : sopClasses.mr,
    SOPInstanceUID: deterministicUid(options, 'instance', 0, slice),
    AcquisitionDate: '20240115',
    ContentDate: '20240115',
    AcquisitionTime: '000000.000000',
    ContentTime: '000000.000000',
    ...(style.seriesPerFrame ? { SeriesNumber: INTEGER_ROOM } : {}),
    AcquisitionNumber: INTEGER_ROOM,
    InstanceNumber: INTEGER_ROOM,
    ...(style.temporalPosition
      ? { TemporalPositionIdentifier: INTEGER_ROOM, NumberOfTemporalPositions: String(frames) }
      : {}),
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: geometry.size[1],
    Columns: geometry.size[0],
    BitsAllocated: 16,
    BitsStored: bits,
    HighBit: bits - 1,
    PixelRepresentation: style.pixelRepresentation,
    ...(style.padding === null ? {} : { PixelPaddingValue: style.padding }),
    WindowCenter: ct ? '40' : '600',
    WindowWidth: ct ? '80' : '1200',
    ...(ct ? { RescaleIntercept: String(intercept), RescaleSlope: String(slope), RescaleType: 'HU' } : {}),
  }
}
