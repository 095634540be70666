import {
  Enums,
  RenderingEngine,
  cache,
  eventTarget,
  getRenderingCapabilities,
  init,
  type Types,
} from '@cornerstonejs/core'
import { ref, shallowRef } from 'vue'
import { registerColourMaps } from './colourMaps'
import { registerSliceImages } from './sliceImages'

const ENGINE_ID = 'umbra-review'
/** Our own cache of frames holds the budget; Cornerstone's images are views into it and never need its eviction. */
const CORNERSTONE_CACHE_BYTES = 64 * 2 ** 30

export interface RenderingPath {
  /** What draws slices. */
  slices: 'webgl' | 'processor'
  /** Whether volumes can be cut along any plane: only WebGL can. */
  multiplanar: boolean
  /** Words for the user where pictures are drawn slower than they should be; null on a graphics processor. */
  note: { title: string; text: string } | null
}

/** How this window draws; set by `prepareRenderer`. */
export const renderingPath = shallowRef<RenderingPath>({ slices: 'webgl', multiplanar: true, note: null })

/** Counts lost WebGL contexts: whoever shows panes rebuilds them when it changes. */
export const contextLosses = ref(0)

let engine: RenderingEngine | null = null
let users = 0
let prepared = false

function choosePath(): RenderingPath {
  const { webgl2, softwareRasterizer } = getRenderingCapabilities()
  if (!webgl2) {
    const text = 'WebGL is not available: slices are drawn by the processor, multiplanar views are off.'
    return { slices: 'processor', multiplanar: false, note: { title: 'No WebGL', text } }
  }
  const text = 'No graphics processor was found: WebGL runs in software, and scrolling is slower.'
  return {
    slices: 'webgl',
    multiplanar: true,
    note: softwareRasterizer ? { title: 'Software WebGL', text } : null,
  }
}

/** Finds out how this window can draw and sets `renderingPath`; what depends on it may be laid out afterwards. */
export function prepareRenderer(): void {
  if (prepared) return
  prepared = true
  const path = choosePath()
  renderingPath.value = path
  init({
    rendering: {
      useCPURendering: path.slices === 'processor',
      webGlContextCount: path.note === null ? 2 : 1,
    },
  } as Parameters<typeof init>[0])
  cache.setMaxCacheSize(CORNERSTONE_CACHE_BYTES)
  registerSliceImages()
  registerColourMaps(path.slices === 'processor')
  eventTarget.addEventListener(Enums.Events.WEBGL_CONTEXT_LOST, () => {
    contextLosses.value++
  })
}

/** The rendering engine all panes share; every call needs one `releaseRenderer` in return. */
export function acquireRenderer(): RenderingEngine {
  prepareRenderer()
  users++
  engine ??= new RenderingEngine(ENGINE_ID)
  return engine
}

/**
 * Fits a viewport to its element after that changed size. Cornerstone compares the new size with the canvas, which it
 * brings up to date only when it draws: a pane that shrank and grew again before its first picture would be drawn at
 * the smaller size and stretched, its voxels not where the marks and the probe take them to be.
 */
export function fitViewport(
  viewport: Pick<Types.IViewport, 'sWidth' | 'sHeight'>,
  element: HTMLElement,
): void {
  engine?.resize(false, true)
  const ratio = window.devicePixelRatio || 1
  viewport.sWidth = Math.max(2, Math.round(element.clientWidth * ratio))
  viewport.sHeight = Math.max(2, Math.round(element.clientHeight * ratio))
}

/** The last one out destroys the engine, its WebGL contexts and Cornerstone's cache. */
export function releaseRenderer(): void {
  users--
  if (users > 0 || engine === null) return
  engine.destroy()
  engine = null
  cache.purgeCache()
}
