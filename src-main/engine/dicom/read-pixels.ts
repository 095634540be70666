import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { convert, type Samples } from './convert'
import { decodeFrame } from './decode'
import { inflateStart } from './deflate'
import { EncapsulatedFrames } from './fragments'
import type { ImageLayout } from './header'
import { nativeBytes } from './read-file'
import { pixelEncodingOf } from './transfer-syntax'

/** Frames of one file and where their voxels go. */
export interface ReadTask {
  path: string
  name: string
  transferSyntax: string
  image: ImageLayout
  /** Stored pictures of the whole file. */
  pictures: number
  type: 'int16' | 'float32'
  cells: Cell[]
}

export interface Cell {
  frame: number
  /** In voxels from the start of the target. */
  offset: number
  /** voxel = stored × scale + shift */
  scale: number
  shift: number
  /** Stored value that stands for "no pixel here", and the voxel put in its place; null leaves it. */
  padding: { stored: number; voxel: number } | null
}

export type TaskOutcome = { overflow: boolean } | { failed: { file: string; reason: string } }

/** Reads frames straight into `target`, shared memory. A task fails as a whole, naming its file. */
export async function readPixels(
  tasks: readonly ReadTask[],
  target: SharedArrayBuffer,
): Promise<TaskOutcome[]> {
  const outcomes: TaskOutcome[] = []
  for (const task of tasks) {
    try {
      outcomes.push({ overflow: await readTask(task, target) })
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown)
      outcomes.push({
        failed: { file: task.name, reason: `Pixel Data ${task.image.pixels.tag}: ${reason}.` },
      })
      break
    }
  }
  return outcomes
}

async function readTask(task: ReadTask, target: SharedArrayBuffer): Promise<boolean> {
  const descriptor = openSync(task.path, 'r')
  try {
    const { image } = task
    const compressed = pixelEncodingOf(task.transferSyntax) === 'encapsulated'
    const plain = !compressed && image.pixels.deflatedFrom === null
    const inPlace = plain && image.tilesAcross === 1 && task.type === 'int16' && image.bitsAllocated === 16
    const read = compressed
      ? compressedPictures(task, descriptor)
      : plain
        ? null
        : deflatedPictures(task, descriptor)
    const pictureOf = async (picture: number, cell: Cell): Promise<Samples> => {
      if (read) return read(picture)
      const room = inPlace ? new Uint8Array(target, cell.offset * 2, nativeBytes(image, 1)) : scratchOf(image)
      return nativePicture(image, picture, descriptor, room)
    }
    const mosaic = image.tilesAcross > 1 ? await pictureOf(0, task.cells[0]) : null
    let overflow = false
    for (const cell of task.cells) {
      const samples = mosaic ? tileOf(mosaic, image, cell.frame) : await pictureOf(cell.frame, cell)
      overflow = convert(samples, cell, task.type, target) || overflow
    }
    return overflow
  } finally {
    closeSync(descriptor)
  }
}

function compressedPictures(task: ReadTask, descriptor: number): (picture: number) => Promise<Samples> {
  const { image } = task
  const { size } = fstatSync(descriptor)
  const frames = new EncapsulatedFrames(descriptor, image.pixels.offset, size, task.pictures)
  return async (picture) => {
    const decoded = await decodeFrame(frames.read(picture), storedImage(image), task.transferSyntax)
    return { ...image, ...decoded, highBit: decoded.bitsStored - 1, littleEndian: true }
  }
}

function deflatedPictures(task: ReadTask, descriptor: number): (picture: number) => Promise<Samples> {
  const { image } = task
  const from = image.pixels.deflatedFrom ?? 0
  const compressed = new Uint8Array(fstatSync(descriptor).size - from)
  readSync(descriptor, compressed, 0, compressed.length, from)
  const needed = image.pixels.offset + nativeBytes(image, task.pictures)
  const { bytes, damage } = inflateStart(compressed, needed)
  if (bytes.length < needed) {
    const there = Math.max(0, bytes.length - image.pixels.offset)
    const whole = needed - image.pixels.offset
    throw new Error(`${there} of ${whole} bytes can be inflated${damage ? ` (${damage})` : ''}`)
  }
  const length = nativeBytes(image, 1)
  return (picture) => {
    const start = image.pixels.offset + picture * length
    return Promise.resolve({ ...image, bytes: bytes.slice(start, start + length) })
  }
}

let scratch = new Uint8Array(0)

function scratchOf(image: ImageLayout): Uint8Array {
  const length = nativeBytes(image, 1)
  if (scratch.length < length) scratch = new Uint8Array(length)
  return scratch.subarray(0, length)
}

function nativePicture(image: ImageLayout, picture: number, descriptor: number, bytes: Uint8Array): Samples {
  const position = image.pixels.offset + picture * bytes.length
  let read = 0
  while (read < bytes.length) {
    const got = readSync(descriptor, bytes, read, bytes.length - read, position + read)
    if (got === 0) {
      throw new Error(`cut off: ${read} of ${bytes.length} bytes of frame ${picture + 1} are there`)
    }
    read += got
  }
  return { ...image, bytes }
}

/** The picture as it is stored, a mosaic as a whole. */
function storedImage(image: ImageLayout): ImageLayout {
  return { ...image, rows: image.rows * image.tilesAcross, columns: image.columns * image.tilesAcross }
}

function tileOf(samples: Samples, image: ImageLayout, tile: number): Samples {
  const width = samples.bitsAllocated / 8
  const line = image.columns * width
  const [down, right] = [Math.floor(tile / image.tilesAcross), tile % image.tilesAcross]
  const bytes = new Uint8Array(image.rows * line)
  for (let row = 0; row < image.rows; row++) {
    const from = ((down * image.rows + row) * image.tilesAcross + right) * line
    bytes.set(samples.bytes.subarray(from, from + line), row * line)
  }
  return { ...samples, rows: image.rows, columns: image.columns, bytes }
}
