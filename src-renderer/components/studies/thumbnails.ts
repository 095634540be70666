import type { Catalogue } from '@contract'
import type { EngineClient } from '../../engine/client'

const IN_FLIGHT = 2

/** A grey picture as the canvas wants it. */
export function greyImage(pixels: ArrayLike<number>, width: number, height: number): ImageData {
  const image = new ImageData(width, height)
  for (let i = 0; i < width * height; i++) {
    image.data[4 * i] = image.data[4 * i + 1] = image.data[4 * i + 2] = pixels[i]
    image.data[4 * i + 3] = 255
  }
  return image
}

/** The pictures of one catalogue: asked for once, a few at a time, the latest wish first (that row is on the screen). */
export class Thumbnails {
  private readonly images = new Map<string, Promise<ImageData | null>>()
  private readonly waiting: { key: string; start: () => void }[] = []
  private running = 0

  constructor(private readonly engine: Pick<EngineClient, 'call' | 'readVoxels'>) {}

  /** null where the engine cannot make a picture of the series. */
  get(key: string): Promise<ImageData | null> {
    const known = this.images.get(key)
    if (known) {
      const index = this.waiting.findIndex((entry) => entry.key === key)
      if (index >= 0) this.waiting.push(...this.waiting.splice(index, 1))
      return known
    }
    const image = new Promise<void>((start) => this.waiting.push({ key, start }))
      .then(() => this.read(key))
      .catch(() => null)
      .finally(() => {
        this.running--
        this.next()
      })
    this.images.set(key, image)
    this.next()
    return image
  }

  private next(): void {
    while (this.running < IN_FLIGHT) {
      const entry = this.waiting.pop()
      if (!entry) return
      this.running++
      entry.start()
    }
  }

  private async read(key: string): Promise<ImageData> {
    const array = await this.engine.call('series.thumbnail', { seriesKey: key })
    const pixels = await this.engine.readVoxels(array, 0)
    return greyImage(pixels, array.geometry.size[0], array.geometry.size[1])
  }
}

let current: { catalogue: Catalogue; thumbnails: Thumbnails } | null = null

/** The pictures that belong to `catalogue`; those of an earlier one are let go. */
export function thumbnailsOf(catalogue: Catalogue, engine: EngineClient): Thumbnails {
  if (current?.catalogue !== catalogue) current = { catalogue, thumbnails: new Thumbnails(engine) }
  return current.thumbnails
}
