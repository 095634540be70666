import { computed, type WritableComputedRef } from 'vue'
import { useLayoutStore, type Overlay } from '../../stores/layout'

/** Whether an overlay of the shell is open. Closing it leaves alone another that was opened meanwhile. */
export function useOverlay(name: Overlay): WritableComputedRef<boolean> {
  const layout = useLayoutStore()
  return computed({
    get: () => layout.overlay === name,
    set: (open) => {
      if (open) layout.overlay = name
      else if (layout.overlay === name) layout.overlay = null
    },
  })
}
