import { existsSync } from 'node:fs'
import { mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { request, type IncomingHttpHeaders } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import type { Catalogue, Job, LoadedSeriesInfo } from '@contract'
import { startHost, type Host } from '../../../src-main/host'
import { smallStudy } from '../engine/smallStudy'

let study: { folder: string; dicom: string }
let rendererDirectory: string
let host: Host

beforeAll(async () => {
  study = await smallStudy()
  rendererDirectory = join(study.folder, 'renderer')
  await mkdir(join(rendererDirectory, 'assets'), { recursive: true })
  await writeFile(join(rendererDirectory, 'index.html'), '<!doctype html><title>Umbra</title>')
  await writeFile(join(rendererDirectory, 'assets', 'codec.wasm'), '\0asm')
  await writeFile(join(study.folder, 'secret.txt'), 'secret')
  await symlink(join(study.folder, 'secret.txt'), join(rendererDirectory, 'link.txt'))
  host = await start()
})
afterAll(async () => {
  await host.close()
  await rm(study.folder, { recursive: true, force: true })
})

function start(options: Partial<Parameters<typeof startHost>[0]> = {}): Promise<Host> {
  const dataDirectory = join(study.folder, `data-${Math.random()}`)
  return startHost({ port: 0, host: '127.0.0.1', rendererDirectory, dataDirectory, ...options })
}

interface Reply {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

/** A raw request: unlike fetch it leaves the path as it is and lets Host and Origin be set. */
function ask(
  path: string,
  { method = 'GET', headers = {}, body }: AskOptions = {},
  to = host,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: to.port, path, method, headers }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(parts),
        }),
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
interface AskOptions {
  method?: string
  headers?: Record<string, string>
  body?: Buffer | string
}
const bearer = (token = host.token): Record<string, string> => ({ Authorization: `Bearer ${token}` })

interface Socket {
  call(method: string, params: unknown): Promise<unknown>
  run(method: string, params: unknown): Promise<Job>
  close(): void
}

function connect(to = host): Promise<Socket> {
  const socket = new WebSocket(`ws://127.0.0.1:${to.port}/engine`, ['umbra', to.token])
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>()
  const ended = new Map<string, (job: Job) => void>()
  let id = 0
  socket.on('message', (data) => {
    const message = JSON.parse(String(data))
    if (message.event === 'job') {
      if (message.job.state !== 'running') ended.get(message.job.id)?.(message.job)
    } else if (message.ok) waiting.get(message.id)?.resolve(message.value)
    else waiting.get(message.id)?.reject(message.error)
  })
  const call = (method: string, params: unknown): Promise<unknown> =>
    new Promise((resolve, reject) => {
      waiting.set(++id, { resolve, reject })
      socket.send(JSON.stringify({ id, method, params }))
    })
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('open', () =>
      resolve({
        call,
        run: async (method, params) => {
          const { jobId } = (await call(method, params)) as { jobId: string }
          return new Promise((done) => ended.set(jobId, done))
        },
        close: () => socket.close(),
      }),
    )
  })
}

/** The HTTP status a WebSocket is refused with. */
function refusal(protocols: string[], options: { headers?: Record<string, string> } = {}, path = '/engine') {
  return new Promise<number>((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${host.port}${path}`, protocols, options)
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
    socket.on('open', () => reject(new Error('it was let in')))
    socket.on('error', () => undefined)
  })
}

describe('the page', () => {
  it('is served with a strict policy, cross-origin isolated', async () => {
    const page = await ask('/')
    expect(page.status).toBe(200)
    expect(page.body.toString()).toContain('<title>Umbra</title>')
    expect(page.headers['cross-origin-opener-policy']).toBe('same-origin')
    expect(page.headers['cross-origin-embedder-policy']).toBe('require-corp')
    const policy = String(page.headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';")
    expect(policy).toContain(`connect-src 'self' blob: data: ws://127.0.0.1:${host.port}`)
    expect(page.headers['x-content-type-options']).toBe('nosniff')
  })

  it('gives a codec its type, and 404 for what is not there, never the page', async () => {
    expect((await ask('/assets/codec.wasm')).headers['content-type']).toBe('application/wasm')
    for (const path of ['/assets/missing.wasm', '/review', '/assets/', '/assets']) {
      const reply = await ask(path)
      expect(reply.status, path).toBe(404)
      expect(reply.body.toString(), path).not.toContain('<title>')
    }
  })

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/..%5csecret.txt',
    '//../secret.txt',
    '/link.txt',
    '/assets/%00.txt',
    '/%ff.txt',
    '/%',
  ])('does not leave its folder: %s', async (path) => {
    const reply = await ask(path)
    expect(reply.status).toBe(404)
    expect(reply.body.toString()).not.toBe('secret')
  })

  it('is not given under a foreign name (DNS rebinding), nor to another page', async () => {
    expect((await ask('/', { headers: { Host: 'evil.example:80' } })).status).toBe(403)
    expect((await ask('/', { headers: { Host: `127.0.0.1.evil.example:${host.port}` } })).status).toBe(403)
    expect((await ask('/', { headers: { Host: `localhost:${host.port}` } })).status).toBe(200)
    expect((await ask('/', { headers: { Origin: 'https://evil.example' } })).status).toBe(403)
    expect((await ask('/', { headers: { Origin: 'null' } })).status).toBe(403)
    expect((await ask('/', { headers: { Origin: `http://127.0.0.1:${host.port}` } })).status).toBe(200)
  })

  it('answers no other method', async () => {
    expect((await ask('/', { method: 'POST' })).status).toBe(405)
    expect((await ask('/', { method: 'DELETE' })).status).toBe(405)
  })
})

describe('the token', () => {
  it('is needed for the engine, voxels and uploads', async () => {
    expect(await refusal(['umbra'])).toBe(401)
    expect(await refusal(['umbra', 'wrong'])).toBe(401)
    expect(await refusal([host.token])).toBe(401)
    expect((await ask('/voxels/x/0')).status).toBe(401)
    expect((await ask('/voxels/x/0', { headers: bearer('wrong') })).status).toBe(401)
    expect((await ask('/uploads', { method: 'POST' })).status).toBe(401)
    expect((await ask('/uploads/abc/file', { method: 'PUT', body: 'x' })).status).toBe(401)
  })

  it('does not help another page, another name or another path', async () => {
    const protocols = ['umbra', host.token]
    expect(await refusal(protocols, { headers: { Origin: 'https://evil.example' } })).toBe(403)
    expect(await refusal(protocols, { headers: { Host: 'evil.example' } })).toBe(403)
    expect(await refusal(protocols, {}, '/other')).toBe(404)
  })

  it('is in the fragment of the address and new for every start', async () => {
    expect(host.address).toBe(`http://127.0.0.1:${host.port}/#token=${host.token}`)
    const other = await start()
    expect(other.token).not.toBe(host.token)
    await other.close()
  })
})

describe('the engine over a WebSocket', () => {
  it('opens a study, and its voxels come over HTTP as they lie in memory', async () => {
    const socket = await connect()
    const opened = await socket.run('study.open', { paths: [study.dicom] })
    expect(opened.state).toBe('done')
    const { key } = (opened.result as Catalogue).studies[0].series[0]
    const loaded = (await socket.run('series.load', { seriesKey: key })).result as LoadedSeriesInfo
    const { id, slope, intercept } = loaded.voxels
    const reply = await ask(`/voxels/${id}/4`, { headers: bearer() })
    expect(reply.status).toBe(200)
    expect(reply.body.byteLength).toBe(96 * 96 * 2 * 2)
    for (const voxel of [
      [48, 60, 0],
      [30, 40, 1],
    ]) {
      const curve = (await socket.call('series.curve', {
        seriesKey: key,
        voxels: [voxel],
        mapsId: null,
      })) as {
        values: number[]
      }
      const stored = reply.body.readInt16LE((voxel[0] + 96 * (voxel[1] + 96 * voxel[2])) * 2)
      expect(stored * slope + intercept).toBeCloseTo(curve.values[4], 3)
    }
    expect((await ask(`/voxels/${id}/999`, { headers: bearer() })).status).toBe(404)
    expect((await ask('/voxels/gone/0', { headers: bearer() })).status).toBe(410)
    socket.close()
  })

  it('tells every client of every job, and answers a wrong request with the problem', async () => {
    const [first, second] = await Promise.all([connect(), connect()])
    await expect(first.call('maps.compute', { seriesKey: 1 })).rejects.toMatchObject({
      code: 'invalid-request',
    })
    const { jobs: before } = (await second.call('jobs.list', {})) as { jobs: Job[] }
    await first.run('study.open', { paths: [study.dicom] })
    const { jobs: after } = (await second.call('jobs.list', {})) as { jobs: Job[] }
    expect(after).toHaveLength(before.length + 1)
    first.close()
    second.close()
  })

  it.each([
    ['text that is not JSON', '{', 1007],
    ['a message larger than the limit', 'x'.repeat(33 * 1024 * 1024), 1009],
    ['bytes that are no request', Buffer.from([1, 2, 3]), 1007],
  ])('closes on %s and goes on serving others', async (_what, sent, code) => {
    const socket = new WebSocket(`ws://127.0.0.1:${host.port}/engine`, ['umbra', host.token])
    await new Promise((resolve) => socket.on('open', resolve))
    socket.on('error', () => undefined)
    const closed = new Promise<number>((resolve) => socket.on('close', resolve))
    socket.send(sent)
    expect(await closed).toBe(code)
    expect((await ask('/')).status).toBe(200)
  })
})

describe('an upload', () => {
  const begin = async (to = host): Promise<{ id: string; path: string }> =>
    JSON.parse((await ask('/uploads', { method: 'POST', headers: bearer(to.token) }, to)).body.toString())
  const put = (id: string, path: string, body: Buffer | string): Promise<Reply> =>
    ask(`/uploads/${id}/${path}`, { method: 'PUT', headers: bearer(), body })

  it('puts a study on the host, which opens it', async () => {
    const { id, path } = await begin()
    const names = await readdir(study.dicom, { recursive: true })
    const files = names.filter((name) => /\.dcm$|IM/.test(name))
    expect(files.length).toBeGreaterThan(0)
    for (const name of files) {
      const content = await readFile(join(study.dicom, name)).catch(() => null)
      if (content) {
        expect(
          (await put(id, `a study/${name}`.split('/').map(encodeURIComponent).join('/'), content)).status,
        ).toBe(201)
      }
    }
    const socket = await connect()
    const opened = await socket.run('study.open', { paths: [path] })
    expect((opened.result as Catalogue).studies[0].series[0].timePoints).toBe(25)
    const { recent } = (await socket.call('study.recent', {})) as { recent: { paths: string[] }[] }
    expect(recent.flatMap((each) => each.paths)).not.toContain(path)
    socket.close()
  })

  it.each([
    '../out',
    'a/../../out',
    '..%2f..%2fout',
    '%2e%2e/out',
    'a//b',
    'a%5c..%5cb',
    '%2fetc%2fpasswd',
    './a',
    '%E0%A4%A',
  ])('refuses the path %s', async (path) => {
    const { id, path: folder } = await begin()
    const reply = await put(id, path, 'x')
    expect([400, 404, 405]).toContain(reply.status)
    expect(await readdir(folder)).toEqual([])
    expect(existsSync(join(tmpdir(), 'out'))).toBe(false)
  })

  it('makes odd names safe, takes each once, and knows no upload but its own', async () => {
    const { id, path } = await begin()
    expect((await put(id, encodeURIComponent('a:b*c?.dcm\u0001'), 'x')).status).toBe(201)
    expect((await put(id, 'CON', 'x')).status).toBe(201)
    expect((await put(id, 'CON', 'y')).status).toBe(409)
    expect((await readdir(path)).sort()).toEqual(['_CON', 'a_b_c_.dcm_'])
    expect(await readFile(join(path, '_CON'), 'utf8')).toBe('x')
    expect((await put('0123456789abcdef01', 'file', 'x')).status).toBe(404)
  })

  it('leaves nothing of a file whose sending broke off', async () => {
    const { id, path } = await begin()
    await new Promise<void>((resolve) => {
      const sent = request({
        host: '127.0.0.1',
        port: host.port,
        path: `/uploads/${id}/half.dcm`,
        method: 'PUT',
        headers: { ...bearer(), 'Content-Length': '1000000' },
      })
      sent.on('error', () => resolve())
      sent.write(Buffer.alloc(1000), () => setTimeout(() => sent.destroy(new Error('gone')), 100))
    })
    await expect.poll(() => readdir(path)).toEqual([])
  })

  it('is removed when the host closes', async () => {
    const other = await start()
    const { path } = await begin(other)
    expect(existsSync(path)).toBe(true)
    await other.close()
    expect(existsSync(path)).toBe(false)
  })
})

describe('starting and stopping', () => {
  it('refuses an address others can reach, and says why, unless told otherwise', async () => {
    const refused = start({ host: '0.0.0.0' })
    await expect(refused).rejects.toMatchObject({ code: 'usage' })
    await expect(refused).rejects.toThrow('not encrypted')
    const open = await start({ host: '0.0.0.0', allowRemote: true })
    expect((await ask('/', {}, open)).status).toBe(200)
    expect((await ask('/', { headers: { Host: 'evil.example' } }, open)).status).toBe(403)
    await open.close()
  })

  it('says that a port is taken', async () => {
    await expect(start({ port: host.port })).rejects.toMatchObject({
      code: 'cannot-listen',
      message: `Port ${host.port} is in use.`,
    })
  })

  it('closes with clients still connected, and frees its port', async () => {
    const other = await start({ open: [study.dicom] })
    const socket = await connect(other)
    expect(((await socket.call('study.current', {})) as Catalogue).studies).toHaveLength(1)
    const started = Date.now()
    await other.close()
    expect(Date.now() - started).toBeLessThan(5000)
    await expect(ask('/', {}, other)).rejects.toThrow()
    await (await start({ port: other.port })).close()
  })
})
