import type { Geometry } from '@contract'
import type { MaskPart, Surface } from './surface'

/** Makes surfaces beside the window's own thread, one after the other. */
export class SurfaceMaker {
  private readonly worker = new Worker(new URL('./surface.worker.ts', import.meta.url), { type: 'module' })
  private last: Promise<unknown> = Promise.resolve()

  make(part: MaskPart, geometry: Geometry): Promise<Surface> {
    const made = this.last.then(() => this.ask(part, geometry))
    this.last = made.catch(() => undefined)
    return made
  }

  destroy(): void {
    this.worker.terminate()
  }

  private ask(part: MaskPart, geometry: Geometry): Promise<Surface> {
    return new Promise((resolve, reject) => {
      this.worker.onmessage = ({ data }: MessageEvent<Surface>) => resolve(data)
      this.worker.onerror = (event) => reject(new Error(event.message || 'The surface could not be made.'))
      // A reactive proxy cannot be cloned.
      const plain = JSON.parse(JSON.stringify(geometry)) as Geometry
      this.worker.postMessage({ part, geometry: plain }, [part.mask.buffer])
    })
  }
}
