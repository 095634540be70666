import { app, type Session, type WebContents } from 'electron'
import { pageAddress } from './scheme'

const allowedPermissions = ['clipboard-sanitized-write', 'fullscreen']
const allowedSchemes = ['umbra:', 'blob:', 'data:', 'devtools:']

export function isOwnPage(address: string | undefined): boolean {
  return address !== undefined && address.startsWith(pageAddress)
}

/** Nothing from outside is loaded, and no permission is given but those the page needs. */
function secureSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, decide) =>
    decide(allowedPermissions.includes(permission)),
  )
  session.setPermissionCheckHandler((_contents, permission) => allowedPermissions.includes(permission))
  session.webRequest.onBeforeRequest(({ url }, decide) => {
    decide({ cancel: !allowedSchemes.includes(new URL(url).protocol) })
  })
}

function secureContents(contents: WebContents): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  contents.on('will-navigate', (event, address) => {
    if (!isOwnPage(address)) event.preventDefault()
  })
  contents.on('will-attach-webview', (event) => event.preventDefault())
}

/** Holds every window and session, also those made later, to our own page. Call before the first window. */
export function secureApp(): void {
  app.on('session-created', secureSession)
  app.on('web-contents-created', (_event, contents) => secureContents(contents))
}
