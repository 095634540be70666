/**
 * What the desktop shell gives the page as `window.umbra` (absent in a browser). The engine's MessagePort cannot cross
 * the bridge: `connect(nonce)` asks for it, and it arrives by window.postMessage({ umbraPort: nonce }, [port]).
 */
export interface DesktopShell {
  readonly electron: string
  readonly platform: string
  connect(nonce: string): void
  /** A native dialog; the chosen paths, empty when it was closed. */
  chooseStudy(kind: 'folder' | 'files'): Promise<string[]>
  chooseFolder(title: string): Promise<string | null>
  /** The path of a dropped file, '' where it has none. */
  pathOf(file: File): string
  /** The engine died and was started again: connect anew. */
  onEngineRestart(listener: (reason: string) => void): () => void
  /** A menu command of the native menu, by its command id. */
  onCommand(listener: (command: string) => void): () => void
}
