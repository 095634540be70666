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
  /** Frames of the whole file. */
  frameCount: number
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
    if (pixelEncodingOf(task.transferSyntax) === 'encapsulated') {
      return await readCompressed(task, descriptor, target)
    }
    if (image.pixels.deflatedFrom !== null) return readDeflated(task, descriptor, target)
    let overflow = false
    for (const cell of task.cells) overflow = readNative(task, cell, descriptor, target) || overflow
    return overflow
  } finally {
    closeSync(descriptor)
  }
}

async function readCompressed(
  task: ReadTask,
  descriptor: number,
  target: SharedArrayBuffer,
): Promise<boolean> {
  const { size } = fstatSync(descriptor)
  const frames = new EncapsulatedFrames(descriptor, task.image.pixels.offset, size, task.frameCount)
  let overflow = false
  for (const cell of task.cells) {
    const decoded = await decodeFrame(frames.read(cell.frame), task.image, task.transferSyntax)
    const samples: Samples = {
      ...task.image,
      ...decoded,
      highBit: decoded.bitsStored - 1,
      littleEndian: true,
    }
    overflow = convert(samples, cell, task.type, target) || overflow
  }
  return overflow
}

function readDeflated(task: ReadTask, descriptor: number, target: SharedArrayBuffer): boolean {
  const { image } = task
  const from = image.pixels.deflatedFrom ?? 0
  const compressed = new Uint8Array(fstatSync(descriptor).size - from)
  readSync(descriptor, compressed, 0, compressed.length, from)
  const needed = image.pixels.offset + nativeBytes(image, task.frameCount)
  const { bytes, damage } = inflateStart(compressed, needed)
  if (bytes.length < needed) {
    const there = Math.max(0, bytes.length - image.pixels.offset)
    throw new Error(
      `${there} of ${needed - image.pixels.offset} bytes can be inflated${damage ? ` (${damage})` : ''}`,
    )
  }
  const length = nativeBytes(image, 1)
  let overflow = false
  for (const cell of task.cells) {
    const start = image.pixels.offset + cell.frame * length
    overflow =
      convert({ ...image, bytes: bytes.subarray(start, start + length) }, cell, task.type, target) || overflow
  }
  return overflow
}

let scratch = new Uint8Array(0)

function readNative(task: ReadTask, cell: Cell, descriptor: number, target: SharedArrayBuffer): boolean {
  const { image } = task
  const length = nativeBytes(image, 1)
  const position = image.pixels.offset + cell.frame * length
  const inPlace = task.type === 'int16' && image.bitsAllocated === 16
  if (!inPlace && scratch.length < length) scratch = new Uint8Array(length)
  const bytes = inPlace ? new Uint8Array(target, cell.offset * 2, length) : scratch.subarray(0, length)
  let read = 0
  while (read < length) {
    const got = readSync(descriptor, bytes, read, length - read, position + read)
    if (got === 0) throw new Error(`cut off: ${read} of ${length} bytes of frame ${cell.frame + 1} are there`)
    read += got
  }
  return convert({ ...image, bytes }, cell, task.type, target)
}
