import { readFile } from 'node:fs/promises'
import { protocol } from 'electron'
import { findAsset, securityHeaders, type Asset } from '../host/assets'

const SCHEME = 'umbra'
const HOST = 'app'

/** Where the window's page lives: a scheme of our own, with an origin, so that nothing depends on file:// or a port. */
export const pageAddress = `${SCHEME}://${HOST}/`

/** What Electron before 25 had in place of `protocol.handle`. */
interface EarlierProtocol {
  registerFileProtocol(
    scheme: string,
    handler: (
      request: { url: string },
      respond: (
        answer: { path: string; mimeType: string; headers: Record<string, string> } | { error: number },
      ) => void,
    ) => void,
  ): boolean
}

/** net::ERR_FILE_NOT_FOUND: the earlier protocol has no status codes. */
const NOT_FOUND = -6

/** Must run before the app is ready. */
export function declareScheme(): void {
  const privileges = { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true }
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges }])
}

async function assetAt(rendererDirectory: string, address: string): Promise<Asset | null> {
  const { host, pathname } = new URL(address)
  return host === HOST ? findAsset(rendererDirectory, pathname) : null
}

/**
 * Serves the built renderer at `umbra://app/`, with the same security headers as the browser host. The one place that
 * knows both protocol interfaces of Electron.
 */
export function serveScheme(rendererDirectory: string): void {
  const headers = securityHeaders()
  if (typeof protocol.handle === 'function') {
    protocol.handle(SCHEME, async ({ url }) => {
      const asset = await assetAt(rendererDirectory, url)
      if (!asset) return new Response('Not found', { status: 404, headers })
      return new Response(new Uint8Array(await readFile(asset.path)), {
        headers: { ...headers, 'Content-Type': asset.type, 'Content-Length': String(asset.bytes) },
      })
    })
    return
  }
  const earlier = protocol as unknown as EarlierProtocol
  earlier.registerFileProtocol(SCHEME, ({ url }, respond) => {
    assetAt(rendererDirectory, url).then(
      (asset) => respond(asset ? { path: asset.path, mimeType: asset.type, headers } : { error: NOT_FOUND }),
      () => respond({ error: NOT_FOUND }),
    )
  })
}
