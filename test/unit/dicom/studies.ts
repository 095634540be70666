import { join } from 'node:path'
import { ctImage, uid, writeDicom, type Elements, type FileOptions } from './build'

export const columns = 8
export const rows = 6

/** What one CT or MR picture of a made study says of itself. */
export interface Picture {
  /** Its code, the value of its first pixel, by which a test finds it again; other pixels count up from it. */
  code: number
  position?: number[]
  orientation?: number[]
  /** HHMMSS.FFFFFF */
  time?: string
  series?: string
  instance?: number
  more?: Elements
  size?: [number, number]
  file?: FileOptions
}

export interface Study {
  folder: string
  study: string
  frame: string
  files: number
}

export const newStudy = (folder: string): Study => ({ folder, study: uid(), frame: uid(), files: 0 })

/** HHMMSS.FFFFFF of seconds since midnight, wrapped at 24 hours. */
export function clockTime(seconds: number): string {
  const within = ((seconds % 86400) + 86400) % 86400
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  const micro = Math.round((within - Math.floor(within)) * 1e6)
  return `${two(within / 3600)}${two((within / 60) % 60)}${two(within % 60)}.${String(micro).padStart(6, '0')}`
}

export const elevenOClock = 11 * 3600

export function pixelsOf(code: number, [width, height]: [number, number] = [columns, rows]): Uint16Array {
  return Uint16Array.from({ length: width * height }, (_, i) => code + i)
}

/** Adds one picture as a classic CT image file; `more` overrides and adds elements. */
export function addPicture(study: Study, picture: Picture): string {
  const [width, height] = picture.size ?? [columns, rows]
  const elements: Elements = {
    '0008,0008': ['CS', 'ORIGINAL\\PRIMARY\\AXIAL'],
    '0008,0016': ['UI', ctImage],
    '0008,0018': ['UI', uid()],
    '0008,0020': ['DA', '20240229'],
    '0008,0060': ['CS', 'CT'],
    '0008,103e': ['LO', 'Brain perfusion'],
    '0010,0010': ['PN', 'Phantom^Head'],
    '0010,0020': ['LO', 'P1'],
    '0018,0050': ['DS', '5'],
    '0020,000d': ['UI', study.study],
    '0020,000e': ['UI', picture.series ?? `${study.study}.1`],
    '0020,0052': ['UI', study.frame],
    '0020,0013': ['IS', String(picture.instance ?? study.files + 1)],
    '0020,0032': ['DS', picture.position ?? [0, 0, 0]],
    '0020,0037': ['DS', picture.orientation ?? [1, 0, 0, 0, 1, 0]],
    '0028,0002': ['US', 1],
    '0028,0004': ['CS', 'MONOCHROME2'],
    '0028,0010': ['US', height],
    '0028,0011': ['US', width],
    '0028,0030': ['DS', [0.5, 0.4]],
    '0028,0100': ['US', 16],
    '0028,0101': ['US', 12],
    '0028,0102': ['US', 11],
    '0028,0103': ['US', 0],
    '0028,1052': ['DS', '-1024'],
    '0028,1053': ['DS', '1'],
    ...(picture.time === undefined ? {} : { '0008,0032': ['TM', picture.time] }),
    ...picture.more,
  }
  const path = join(study.folder, `IM${String(++study.files).padStart(5, '0')}`)
  const native = picture.file?.encapsulated ? {} : { pixels: pixelsOf(picture.code, [width, height]) }
  writeDicom(path, elements, { ...native, ...picture.file })
  return path
}
