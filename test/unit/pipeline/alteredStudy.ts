import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { parseDicom } from 'dicom-parser'

/** One image file of a study that the phantom wrote: CT, explicit little endian, signed 16 bits, intercept −1024. */
export interface ImageFile {
  name: string
  bytes: Buffer
  frame: number
  slice: number
}

const AIR = 1024
const seconds = (time: string): number =>
  3600 * Number(time.slice(0, 2)) + 60 * Number(time.slice(2, 4)) + Number(time.slice(4))

/** The images of a folder with their place in the series, frame by frame. */
export async function readStudy(folder: string): Promise<ImageFile[]> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  )
  const found = await Promise.all(
    names.map(async ({ parentPath, name }) => {
      const bytes = await readFile(join(parentPath, name))
      const data = parseDicom(bytes, { untilTag: 'x7fe00010' })
      const place = Number(data.string('x00200032')?.split('\\')[2])
      return { name: basename(name), bytes, place, time: seconds(data.string('x00080032') ?? '') }
    }),
  )
  const places = [...new Set(found.map(({ place }) => place))].sort((a, b) => a - b)
  const seen = new Map<number, number>()
  return found
    .sort((a, b) => a.time - b.time || a.place - b.place)
    .map(({ name, bytes, place }) => {
      const frame = seen.get(place) ?? 0
      seen.set(place, frame + 1)
      return { name, bytes, frame, slice: places.indexOf(place) }
    })
}

export async function writeStudy(folder: string, images: readonly ImageFile[]): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const { name, bytes } of images) await writeFile(join(folder, name), bytes)
}

/** The same image with other pixels: `change` is given HU, column and row. */
export function withPixels(
  image: ImageFile,
  change: (value: number, x: number, y: number, index: number) => number,
): ImageFile {
  const bytes = Buffer.from(image.bytes)
  const { dataOffset, length } = parseDicom(bytes).elements.x7fe00010
  const columns = Math.sqrt(length / 2)
  for (let i = 0; i < length / 2; i++) {
    const at = dataOffset + 2 * i
    const value = change(bytes.readInt16LE(at) - AIR, i % columns, Math.floor(i / columns), i)
    bytes.writeInt16LE(Math.max(-32768, Math.min(32767, Math.round(value) + AIR)), at)
  }
  return { ...image, bytes }
}

/** HU of an image, row by row. */
export function pixelsOf({ bytes }: ImageFile): Float32Array {
  const { dataOffset, length } = parseDicom(bytes).elements.x7fe00010
  return Float32Array.from({ length: length / 2 }, (_, i) => bytes.readInt16LE(dataOffset + 2 * i) - AIR)
}

/** The same image with another text in an element, no longer than the one before. */
export function withText(image: ImageFile, tag: string, value: string): ImageFile {
  const bytes = Buffer.from(image.bytes)
  const { dataOffset, length } = parseDicom(bytes, { untilTag: 'x7fe00010' }).elements[tag]
  if (value.length > length) throw new Error(`${value} is longer than ${tag} was.`)
  bytes.write(value.padEnd(length), dataOffset, 'latin1')
  return { ...image, bytes }
}

/** The same image without the value of an element. */
export const withoutText = (image: ImageFile, tag: string): ImageFile => withText(image, tag, '')
