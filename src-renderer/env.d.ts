import type { DesktopShell } from '@contract'

declare global {
  interface Window {
    /** The desktop shell; absent in a browser. */
    readonly umbra?: DesktopShell
    /** Reading state in end-to-end tests, never changing it; see app/testProbe.ts. */
    __umbraTest?: Record<string, (...args: never[]) => unknown>
  }
}
