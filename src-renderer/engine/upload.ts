import { UmbraError } from '@contract'
import { z } from 'zod'
import { failureOf } from './httpFailure'
import type { HostAddress } from './socketTransport'

/** A file of this computer and its path below what was dropped, with forward slashes. */
export interface UploadFile {
  path: string
  file: File
}

export interface UploadRun {
  signal: AbortSignal
  onProgress: (progress: number, stage: string) => void
}

const uploadSchema = z.object({ id: z.string(), path: z.string() })
const IN_FLIGHT = 4

/** XMLHttpRequest, because fetch does not tell how much of a body has left. */
function put(
  url: string,
  token: string,
  file: File,
  signal: AbortSignal,
  onSent: (bytes: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const abort = (): void => request.abort()
    request.open('PUT', url)
    request.setRequestHeader('Authorization', `Bearer ${token}`)
    request.setRequestHeader('Content-Type', 'application/octet-stream')
    request.upload.onprogress = ({ loaded }) => onSent(loaded)
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) return resolve()
      const answer = { status: request.status, text: () => Promise.resolve(request.responseText) }
      failureOf(answer, file.name).then(reject, reject)
    }
    request.onerror = () =>
      reject(
        new UmbraError({
          code: 'upload',
          message: 'A file could not be read here, or not be sent to the engine.',
          hint: 'Was it moved or changed meanwhile? Is "umbra serve" still running?',
          where: file.name,
        }),
      )
    request.onabort = () => reject(new DOMException('Cancelled.', 'AbortError'))
    request.onloadend = () => signal.removeEventListener('abort', abort)
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    else request.send(file)
  })
}

const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/')

/** Sends `files` to the engine's machine, four at a time, and resolves to the folder there that holds them. */
export async function upload(host: HostAddress, files: UploadFile[], run: UploadRun): Promise<string> {
  const response = await fetch(`${host.origin}/uploads`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${host.token}` },
    signal: run.signal,
  })
  if (!response.ok) throw await failureOf(response, 'uploads')
  const { id, path } = uploadSchema.parse(await response.json())

  const total = files.reduce((sum, { file }) => sum + file.size, 0) || 1
  const sent = new Array<number>(files.length).fill(0)
  let sentTotal = 0
  let next = 0
  let done = 0
  const failed = new AbortController()
  const stop = (): void => failed.abort()
  run.signal.addEventListener('abort', stop)
  const lane = async (): Promise<void> => {
    while (next < files.length && !failed.signal.aborted) {
      const index = next++
      const { path: name, file } = files[index]
      const url = `${host.origin}/uploads/${encodeURIComponent(id)}/${encodePath(name)}`
      await put(url, host.token, file, failed.signal, (bytes) => {
        sentTotal += bytes - sent[index]
        sent[index] = bytes
        run.onProgress(Math.min(1, sentTotal / total), `${done} of ${files.length} files sent`)
      })
      done++
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, files.length) }, lane))
  } catch (error) {
    stop()
    throw error
  } finally {
    run.signal.removeEventListener('abort', stop)
  }
  if (run.signal.aborted) throw new DOMException('Cancelled.', 'AbortError')
  return path
}
