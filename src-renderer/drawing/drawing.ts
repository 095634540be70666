import type { Geometry } from '@contract'
import { Labelmap, unionOfBoxes, type Box } from './labelmap'
import { History, changedRuns, type ChangedRuns } from './runs'

/** Where voxels changed: the structure's layer, and a box of the grid. */
export interface Change {
  layer: number
  box: Box
}

/**
 * A labelmap being drawn. What is written is seen at once and becomes one step when it is committed; until then it can
 * be dropped. Every structure has its own layer: what is drawn of one never changes another.
 */
export class Drawing {
  readonly labels: Labelmap
  /** The voxels as of the last step, which the open one is compared with. */
  private readonly committed: Uint8Array
  private readonly open = new Map<number, Box>()
  private readonly listeners = new Set<(change: Change) => void>()

  /** Of `layers` structures; `voxels` as a labelmap holds them, where there is a drawing already. */
  constructor(
    readonly geometry: Geometry,
    layers: number,
    voxels?: Uint8Array,
    readonly history = new History(),
  ) {
    this.labels = new Labelmap(geometry, layers, voxels)
    this.committed = this.labels.voxels.slice()
  }

  get undoTitle(): string | null {
    return this.history.undoTitle
  }

  get redoTitle(): string | null {
    return this.history.redoTitle
  }

  get historyBytes(): number {
    return this.history.bytes
  }

  /** Tells where voxels changed, while a stroke goes on and after every step, undo and redo. */
  onChange(listener: (change: Change) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Writes a voxel of the open step, by its offset within the layer; `touch` makes it seen. */
  write(layer: number, offset: number, inside: 0 | 1): void {
    this.labels.put(layer * this.labels.layerLength + offset, inside)
  }

  /** Says that voxels of a box were written. */
  touch(layer: number, box: Box): void {
    const before = this.open.get(layer) ?? null
    this.open.set(layer, unionOfBoxes(before, box) as Box)
    this.tell({ layer, box })
  }

  /** Makes a structure what the mask says: of the whole grid, or of one slice. */
  replace(layer: number, mask: Uint8Array, slice?: number): void {
    const from = (slice ?? 0) * this.labels.sliceLength
    for (let at = 0; at < mask.length; at++) this.write(layer, from + at, mask[at] === 0 ? 0 : 1)
    this.touch(layer, this.boxOf(slice))
  }

  /** Adds the mask to a structure, or takes it away: of the whole grid, or of one slice. */
  mark(layer: number, mask: Uint8Array, inside: 0 | 1, slice?: number): void {
    const from = (slice ?? 0) * this.labels.sliceLength
    for (let at = 0; at < mask.length; at++) if (mask[at] === 1) this.write(layer, from + at, inside)
    this.touch(layer, this.boxOf(slice))
  }

  /** Ends the open step; false where it changed nothing, and then it is none. */
  commit(title: string): boolean {
    const runs = this.openRuns()
    if (runs === null) return false
    this.keep(runs)
    this.history.record({ title, runs })
    return true
  }

  /** Takes back what the open step wrote. */
  drop(): void {
    const touched = [...this.open]
    const runs = this.openRuns()
    if (runs === null) return
    this.turn(runs)
    for (const [layer, box] of touched) this.tell({ layer, box })
  }

  /** The title of the step taken back, or null. */
  undo(): string | null {
    this.drop()
    const step = this.history.undo()
    if (step) this.step(step.runs)
    return step?.title ?? null
  }

  /** The title of the step made again, or null. */
  redo(): string | null {
    this.drop()
    const step = this.history.redo()
    if (step) this.step(step.runs)
    return step?.title ?? null
  }

  private step(runs: ChangedRuns): void {
    this.turn(runs)
    this.keep(runs)
    for (const [layer, [first, last]] of this.slicesOf(runs)) {
      const { whole } = this.labels
      this.tell({ layer, box: { from: [0, 0, first], to: [whole.to[0], whole.to[1], last] } })
    }
  }

  private turn({ starts, lengths }: ChangedRuns): void {
    const { voxels } = this.labels
    for (let run = 0; run < starts.length; run++) {
      const end = starts[run] + lengths[run]
      for (let at = starts[run]; at < end; at++) this.labels.put(at, voxels[at] === 0 ? 1 : 0)
    }
  }

  private keep({ starts, lengths }: ChangedRuns): void {
    for (let run = 0; run < starts.length; run++) {
      const end = starts[run] + lengths[run]
      this.committed.set(this.labels.voxels.subarray(starts[run], end), starts[run])
    }
  }

  /** First and last slice that the runs lie in, by layer. */
  private slicesOf({ starts, lengths }: ChangedRuns): Map<number, [number, number]> {
    const { layerLength, sliceLength } = this.labels
    const slices = new Map<number, [number, number]>()
    for (let run = 0; run < starts.length; run++) {
      const layer = Math.floor(starts[run] / layerLength)
      const within = starts[run] - layer * layerLength
      const first = Math.floor(within / sliceLength)
      const last = Math.floor((within + lengths[run] - 1) / sliceLength)
      const known = slices.get(layer) ?? [first, last]
      slices.set(layer, [Math.min(known[0], first), Math.max(known[1], last)])
    }
    return slices
  }

  /** What the open step changed, which ends it; only the slices that were touched are compared. */
  private openRuns(): ChangedRuns | null {
    const { sliceLength, layerLength, voxels } = this.labels
    const stretches = [...this.open].map(([layer, { from, to }]): [number, number] => [
      layer * layerLength + from[2] * sliceLength,
      layer * layerLength + (to[2] + 1) * sliceLength,
    ])
    this.open.clear()
    return changedRuns(this.committed, voxels, stretches)
  }

  private boxOf(slice: number | undefined): Box {
    const { whole } = this.labels
    if (slice === undefined) return whole
    return { from: [0, 0, slice], to: [whole.to[0], whole.to[1], slice] }
  }

  private tell(change: Change): void {
    for (const listener of this.listeners) listener(change)
  }
}
