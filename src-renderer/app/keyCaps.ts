import { keyCaps } from './bindings'
import { isMac, titleWithKey } from './commands'

/** How keys are written on this machine. */
export function useKeyCaps(): { caps: (binding: string) => string[]; commandTitle: (id: string) => string } {
  const mac = isMac()
  const caps = (binding: string): string[] => keyCaps(binding, mac)
  return { caps, commandTitle: (id) => titleWithKey(id, caps) }
}
