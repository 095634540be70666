/**
 * What a step changed: runs of consecutive voxels that turned from outside to inside or back. To take it back and to
 * make it again are the same: turning them. A brush stroke takes a few hundred bytes, however large the labelmap.
 */
export interface ChangedRuns {
  readonly starts: Uint32Array
  readonly lengths: Uint32Array
}

export const bytesOf = ({ starts, lengths }: ChangedRuns): number => starts.byteLength + lengths.byteLength

/** Where `after` differs from `before`, within the given stretches [from, to) of the arrays; null where nowhere. */
export function changedRuns(
  before: Uint8Array,
  after: Uint8Array,
  stretches: readonly (readonly [number, number])[],
): ChangedRuns | null {
  const found: number[] = []
  for (const [from, to] of stretches) {
    let at = from
    while (at < to) {
      if (before[at] === after[at]) {
        at++
        continue
      }
      const start = at
      while (at < to && before[at] !== after[at]) at++
      found.push(start, at - start)
    }
  }
  if (found.length === 0) return null
  const count = found.length / 2
  return {
    starts: Uint32Array.from({ length: count }, (_, run) => found[2 * run]),
    lengths: Uint32Array.from({ length: count }, (_, run) => found[2 * run + 1]),
  }
}

export interface Step {
  title: string
  runs: ChangedRuns
}

/**
 * Steps to undo and redo. Bounded in number and in bytes: the oldest steps are forgotten first, and the newest is
 * always kept.
 */
export class History {
  /** The oldest first. */
  readonly done: Step[] = []
  /** The one to make again first is last. */
  undone: Step[] = []
  private held = 0

  constructor(
    private readonly longest = 500,
    private readonly budget = 64 * 2 ** 20,
  ) {}

  static of(done: Step[], undone: Step[]): History {
    const history = new History()
    for (const step of done) history.record(step)
    history.undone = undone
    for (const { runs } of undone) history.held += bytesOf(runs)
    return history
  }

  get bytes(): number {
    return this.held
  }

  get undoTitle(): string | null {
    return this.done.at(-1)?.title ?? null
  }

  get redoTitle(): string | null {
    return this.undone.at(-1)?.title ?? null
  }

  /** A new step ends what could be redone. */
  record(step: Step): void {
    for (const { runs } of this.undone) this.held -= bytesOf(runs)
    this.undone = []
    this.done.push(step)
    this.held += bytesOf(step.runs)
    while (this.done.length > 1 && (this.done.length > this.longest || this.held > this.budget)) {
      this.held -= bytesOf((this.done.shift() as Step).runs)
    }
  }

  /** The step to take back, or null. */
  undo(): Step | null {
    const step = this.done.pop() ?? null
    if (step) this.undone.push(step)
    return step
  }

  /** The step to make again, or null. */
  redo(): Step | null {
    const step = this.undone.pop() ?? null
    if (step) this.done.push(step)
    return step
  }
}
