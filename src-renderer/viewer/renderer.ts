import {
  Enums,
  RenderingEngine,
  cache,
  eventTarget,
  getRenderingCapabilities,
  init,
} from '@cornerstonejs/core'
import { ref, shallowRef } from 'vue'
import { registerColourMaps } from './colourMaps'
import { registerSliceImages } from './sliceImages'

const ENGINE_ID = 'umbra-review'
/** Our own cache of frames holds the budget; Cornerstone's images are views into it and never need its eviction. */
const CORNERSTONE_CACHE_BYTES = 64 * 2 ** 30

export interface RenderingPath {
  kind: 'gpu' | 'software' | 'cpu'
  /** A sentence for the user where pictures are drawn slower than they should be; null on a GPU. */
  note: string | null
}

/** How this window draws; set when the first pane opens. */
export const renderingPath = shallowRef<RenderingPath>({ kind: 'gpu', note: null })

/** Counts lost WebGL contexts: whoever shows panes rebuilds them when it changes. */
export const contextLosses = ref(0)

let engine: RenderingEngine | null = null
let users = 0
let initialised = false

function initialise(): void {
  if (initialised) return
  initialised = true
  const capabilities = getRenderingCapabilities()
  const canUseGpu = capabilities.webgl2
  init({
    rendering: {
      useCPURendering: !canUseGpu,
      webGlContextCount: capabilities.softwareRasterizer ? 1 : 2,
    },
  } as Parameters<typeof init>[0])
  renderingPath.value = !canUseGpu
    ? {
        kind: 'cpu',
        note: 'WebGL is not available: pictures are drawn by the processor, multiplanar views are off.',
      }
    : capabilities.softwareRasterizer
      ? {
          kind: 'software',
          note: 'No graphics processor found: WebGL runs in software, scrolling is slower.',
        }
      : { kind: 'gpu', note: null }
  cache.setMaxCacheSize(CORNERSTONE_CACHE_BYTES)
  registerSliceImages()
  registerColourMaps(!canUseGpu)
  eventTarget.addEventListener(Enums.Events.WEBGL_CONTEXT_LOST, () => {
    contextLosses.value++
  })
}

/** The rendering engine all panes share; every call needs one `releaseRenderer` in return. */
export function acquireRenderer(): RenderingEngine {
  initialise()
  users++
  engine ??= new RenderingEngine(ENGINE_ID)
  return engine
}

/** The last one out destroys the engine, its WebGL contexts and Cornerstone's cache. */
export function releaseRenderer(): void {
  users--
  if (users > 0 || engine === null) return
  engine.destroy()
  engine = null
  cache.purgeCache()
}
