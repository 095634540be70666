import { readSync } from 'node:fs'

interface Fragment {
  /** Of the item, counted from the first item after the offset table. */
  offset: number
  /** Of its bytes in the file. */
  position: number
  length: number
}

const item = 0xfffee000
const sequenceEnd = 0xfffee0dd

/**
 * The compressed bytes of one frame of encapsulated pixel data (PS3.5 §A.4), which starts at `from` in the file. Frames
 * that span several fragments are found by the offset table, or by where codestreams begin. Throws in words.
 */
export class EncapsulatedFrames {
  private readonly frames: Fragment[][]

  constructor(
    private readonly descriptor: number,
    from: number,
    fileSize: number,
    frameCount: number,
  ) {
    const { table, fragments } = this.list(from, fileSize)
    this.frames = this.assign(fragments, table, frameCount)
  }

  read(frame: number): Uint8Array {
    const parts = this.frames[frame]
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
    let at = 0
    for (const part of parts) {
      if (readSync(this.descriptor, bytes, at, part.length, part.position) < part.length) {
        throw new Error('the file became shorter while it was read')
      }
      at += part.length
    }
    return bytes
  }

  private list(from: number, fileSize: number): { table: number[]; fragments: Fragment[] } {
    const header = Buffer.alloc(8)
    const fragments: Fragment[] = []
    let table: number[] | null = null
    let first = from
    let at = from
    while (at + 8 <= fileSize) {
      readSync(this.descriptor, header, 0, 8, at)
      const tag = header.readUInt16LE(0) * 0x10000 + header.readUInt16LE(2)
      const length = header.readUInt32LE(4)
      if (tag === sequenceEnd) break
      if (tag !== item) {
        throw new Error(`fragment ${fragments.length + 1} does not start where the one before ends`)
      }
      if (at + 8 + length > fileSize) {
        throw new Error(
          `fragment ${fragments.length + 1} claims ${length} bytes; the file has ${fileSize - at - 8}`,
        )
      }
      if (table === null) {
        const offsets = Buffer.alloc(length)
        readSync(this.descriptor, offsets, 0, length, at + 8)
        table = Array.from({ length: Math.floor(length / 4) }, (_, index) => offsets.readUInt32LE(4 * index))
        first = at + 8 + length
      } else fragments.push({ offset: at - first, position: at + 8, length })
      at += 8 + length
    }
    return { table: table ?? [], fragments }
  }

  private assign(fragments: Fragment[], table: number[], frameCount: number): Fragment[][] {
    if (fragments.length < frameCount) {
      throw new Error(`${fragments.length} fragments for ${frameCount} frames`)
    }
    if (frameCount === 1) return [fragments]
    if (fragments.length === frameCount) return fragments.map((fragment) => [fragment])
    const starts = table.length === frameCount ? new Set(table) : this.codestreamStarts(fragments)
    const frames: Fragment[][] = []
    for (const fragment of fragments) {
      if (starts.has(fragment.offset)) frames.push([])
      frames[frames.length - 1]?.push(fragment)
    }
    if (frames.length !== frameCount) {
      throw new Error(`the fragments make ${frames.length} of ${frameCount} frames`)
    }
    return frames
  }

  private codestreamStarts(fragments: readonly Fragment[]): Set<number> {
    const start = Buffer.alloc(2)
    return new Set(
      fragments
        .filter(({ position, length }) => {
          if (length < 2) return false
          readSync(this.descriptor, start, 0, 2, position)
          return start[0] === 0xff && (start[1] === 0xd8 || start[1] === 0x4f)
        })
        .map(({ offset }) => offset),
    )
  }
}
