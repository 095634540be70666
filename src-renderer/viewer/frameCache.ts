/** Anything with a size in memory: the typed array of one frame. */
export interface Sized {
  readonly byteLength: number
}

interface Entry<T> {
  value: T
  bytes: number
}

/**
 * Keeps the most recently used frames within a byte budget. A frame that is asked for twice while it is on its way is
 * read once. The frame just read always stays, even where it alone exceeds the budget.
 */
export class FrameCache<T extends Sized> {
  private readonly entries = new Map<string, Entry<T>>()
  private readonly pending = new Map<string, Promise<T>>()
  private held = 0
  private generation = 0

  constructor(
    private readonly budget: number,
    private readonly onEvict: (key: string) => void = () => undefined,
  ) {}

  get bytes(): number {
    return this.held
  }

  get size(): number {
    return this.entries.size
  }

  /** The frame if it is here, without waiting; counts as a use. */
  peek(key: string): T | undefined {
    const entry = this.entries.get(key)
    if (entry === undefined) return undefined
    this.entries.delete(key)
    this.entries.set(key, entry)
    return entry.value
  }

  has(key: string): boolean {
    return this.entries.has(key)
  }

  /** The frame from memory, or read with `read`. A read that fails is forgotten, so the next try reads again. */
  async get(key: string, read: () => Promise<T>): Promise<T> {
    const here = this.peek(key)
    if (here !== undefined) return here
    const underWay = this.pending.get(key)
    if (underWay !== undefined) return underWay
    const generation = this.generation
    const reading = read().then((value) => {
      if (generation === this.generation) this.put(key, value)
      return value
    })
    this.pending.set(key, reading)
    try {
      return await reading
    } finally {
      if (this.pending.get(key) === reading) this.pending.delete(key)
    }
  }

  /** Forgets every frame whose key the test accepts. */
  drop(accepts: (key: string) => boolean): void {
    for (const key of [...this.entries.keys()]) if (accepts(key)) this.evict(key)
  }

  /** Forgets everything, what is on its way included. */
  clear(): void {
    this.generation++
    this.pending.clear()
    this.drop(() => true)
  }

  private put(key: string, value: T): void {
    this.entries.set(key, { value, bytes: value.byteLength })
    this.held += value.byteLength
    for (const oldest of [...this.entries.keys()]) {
      if (this.held <= this.budget || oldest === key) break
      this.evict(oldest)
    }
  }

  private evict(key: string): void {
    const entry = this.entries.get(key)
    if (entry === undefined) return
    this.entries.delete(key)
    this.held -= entry.bytes
    this.onEvict(key)
  }
}
