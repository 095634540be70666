import {
  BrowserWindow,
  dialog,
  ipcMain,
  type IpcMainEvent,
  type IpcMainInvokeEvent,
  type OpenDialogOptions,
  type WebContents,
} from 'electron'
import { z } from 'zod'
import { channels } from './channels'
import { isOwnPage } from './security'

const nonceSchema = z.string().min(8).max(100)
const studyKindSchema = z.enum(['folder', 'files'])
const titleSchema = z.string().max(200)

const studyDialogs: Record<z.infer<typeof studyKindSchema>, OpenDialogOptions> = {
  folder: { title: 'Open a study folder', properties: ['openDirectory', 'multiSelections'] },
  files: { title: 'Open DICOM files or zip files', properties: ['openFile', 'multiSelections'] },
}

/** Only the main frame of our own page may ask anything of main. */
function isTrusted({ sender, senderFrame }: IpcMainEvent | IpcMainInvokeEvent): boolean {
  return senderFrame !== null && senderFrame === sender.mainFrame && isOwnPage(senderFrame.url)
}

function answer<T, R>(
  channel: string,
  schema: z.ZodType<T>,
  ask: (page: WebContents, asked: T) => Promise<R>,
) {
  ipcMain.handle(channel, (event, asked: unknown) => {
    if (!isTrusted(event)) throw new Error(`${channel}: not asked by the window's own page`)
    return ask(event.sender, schema.parse(asked))
  })
}

async function choose(page: WebContents, options: OpenDialogOptions): Promise<string[]> {
  const window = BrowserWindow.fromWebContents(page)
  const { filePaths } = window
    ? await dialog.showOpenDialog(window, options)
    : await dialog.showOpenDialog(options)
  return filePaths
}

/** What the page may ask of main: native dialogs, and a port to the engine. */
export function answerPages(introduce: (page: WebContents, nonce: string) => void): void {
  answer(channels.chooseStudy, studyKindSchema, (page, kind) => choose(page, studyDialogs[kind]))
  answer(channels.chooseFolder, titleSchema, async (page, title) => {
    const [folder] = await choose(page, { title, properties: ['openDirectory', 'createDirectory'] })
    return folder ?? null
  })
  ipcMain.on(channels.connect, (event, asked: unknown) => {
    const nonce = nonceSchema.safeParse(asked)
    if (nonce.success && isTrusted(event)) introduce(event.sender, nonce.data)
  })
}
