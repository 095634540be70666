import { useLayoutStore } from '../stores/layout'
import { useStudyStore } from '../stores/study'

/** The native dialog in the desktop window; in a browser the picker over the engine's folders. */
export async function chooseAndOpen(kind: 'folder' | 'files'): Promise<void> {
  if (useStudyStore().refusesBlinded()) return
  const shell = window.umbra
  if (!shell) {
    useLayoutStore().overlay = 'picker'
    return
  }
  const paths = await shell.chooseStudy(kind)
  if (paths.length > 0) await useStudyStore().open(paths)
}
