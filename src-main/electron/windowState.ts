import { readFileSync } from 'node:fs'
import { screen, type BrowserWindow, type Rectangle } from 'electron'
import { z } from 'zod'
import { writeFileAtomically } from '../engine/files/atomic'

const stateSchema = z.object({
  bounds: z.object({
    x: z.number().int(),
    y: z.number().int(),
    width: z.number().int().min(400),
    height: z.number().int().min(300),
  }),
  maximized: z.boolean(),
})
export type WindowState = z.infer<typeof stateSchema>

/** Whether enough of the window is on some screen to be taken hold of. */
function isReachable(bounds: Rectangle): boolean {
  return screen.getAllDisplays().some(({ workArea }) => {
    const width =
      Math.min(bounds.x + bounds.width, workArea.x + workArea.width) - Math.max(bounds.x, workArea.x)
    const top = bounds.y >= workArea.y - 8 && bounds.y < workArea.y + workArea.height - 40
    return top && width >= 100
  })
}

/** Where the window was last; null when that is not known, or on a screen that is no longer there. */
export function rememberedState(path: string): WindowState | null {
  try {
    const state = stateSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
    return isReachable(state.bounds) ? state : null
  } catch {
    return null
  }
}

/** Remembers the window's place when it closes. `saving` is given the write, to wait for before the app ends. */
export function rememberState(
  window: BrowserWindow,
  path: string,
  saving: (write: Promise<void>) => void,
): void {
  window.on('close', () => {
    const state: WindowState = { bounds: window.getNormalBounds(), maximized: window.isMaximized() }
    saving(writeFileAtomically(path, JSON.stringify(state)))
  })
}
