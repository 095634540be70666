import { realpath, stat } from 'node:fs/promises'
import { extname, isAbsolute, join, relative } from 'node:path'

const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
}

/**
 * The headers of every answer that carries the page or a part of it: only our own scripts run, WebAssembly may compile
 * (codecs), nothing is framed, and the page is cross-origin isolated. Styles may be inline because the component
 * library and the charts set them at run time. `connect` names the addresses the page may reach beside its own.
 */
export function securityHeaders(connect: string[] = []): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self' blob:",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "font-src 'self' data:",
    `connect-src ${["'self'", 'blob:', 'data:', ...connect].join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]
  return {
    'Content-Security-Policy': policy.join('; '),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), usb=()',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  }
}

export interface Asset {
  path: string
  type: string
  bytes: number
}

/** Whether `path` lies below `root`. Both must be real paths, links resolved. */
export function isBelow(root: string, path: string): boolean {
  const below = relative(root, path)
  return below !== '' && below.split(/[\\/]/)[0] !== '..' && !isAbsolute(below)
}

/**
 * The file of the built renderer behind a URL path; `/` is index.html. Null for what is not there, for every path that
 * leads outside (also by links), and for kinds of files the renderer does not have. An unknown path never becomes
 * index.html: a page in the place of a script or a codec hides the fault.
 */
export async function findAsset(rendererDirectory: string, pathname: string): Promise<Asset | null> {
  let decoded: string
  try {
    decoded = decodeURIComponent(pathname)
  } catch {
    return null
  }
  if (decoded.includes('\0') || decoded.includes('\\')) return null
  const name = decoded === '/' ? 'index.html' : decoded.replace(/^\/+/, '')
  const type = types[extname(name).toLowerCase()]
  if (!type) return null
  try {
    const root = await realpath(rendererDirectory)
    const path = await realpath(join(root, name))
    if (!isBelow(root, path)) return null
    const found = await stat(path)
    return found.isFile() ? { path, type, bytes: found.size } : null
  } catch {
    return null
  }
}
