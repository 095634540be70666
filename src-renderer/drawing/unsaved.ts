import type { Change } from './drawing'
import type { Labelmap } from './labelmap'

/** One slice of one structure. */
export interface LayerSlice {
  layer: number
  slice: number
}

/**
 * Which slices of a drawing were changed since they were last saved. What is taken to be saved and could not be comes
 * back, and a slice that was changed meanwhile is taken again.
 */
export class UnsavedSlices {
  private readonly waiting = new Map<string, LayerSlice>()

  get count(): number {
    return this.waiting.size
  }

  note({ layer, box }: Change): void {
    for (let slice = box.from[2]; slice <= box.to[2]; slice++) this.add({ layer, slice })
  }

  /** All that wait, with their voxels one after the other, as they are now. */
  take(labels: Labelmap): { slices: LayerSlice[]; bytes: Uint8Array<ArrayBuffer> } {
    const slices = [...this.waiting.values()]
    this.waiting.clear()
    const bytes = new Uint8Array(slices.length * labels.sliceLength)
    slices.forEach(({ layer, slice }, index) => {
      bytes.set(labels.slice(layer, slice), index * labels.sliceLength)
    })
    return { slices, bytes }
  }

  putBack(slices: readonly LayerSlice[]): void {
    for (const slice of slices) this.add(slice)
  }

  clear(): void {
    this.waiting.clear()
  }

  private add(slice: LayerSlice): void {
    this.waiting.set(`${slice.layer} ${slice.slice}`, slice)
  }
}
