import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { version } from '../../../package.json'

const program = resolve(__dirname, '../../../out/main/umbra.js')
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'umbra-cli-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

interface Ended {
  code: number | null
  out: string
  err: string
}

/** Runs the built program; `watch` sees stdout and stderr as they come, to end it in the midst. */
function umbra(
  args: string[],
  watch?: (text: string, end: (signal: NodeJS.Signals) => void) => void,
): Promise<Ended> {
  const { UMBRA_WORKERS: _testWorkers, ...environment } = process.env
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...environment, UMBRA_DATA: join(folder, 'data') },
  })
  const ended: Ended = { code: null, out: '', err: '' }
  const read = (kind: 'out' | 'err') => (text: Buffer) => {
    ended[kind] += text.toString()
    watch?.(ended.out + ended.err, (signal) => child.kill(signal))
  }
  child.stdout.on('data', read('out'))
  child.stderr.on('data', read('err'))
  return new Promise((done) => child.on('close', (code) => done({ ...ended, code })))
}

describe.skipIf(!existsSync(program))('the built program', () => {
  it('prints its version, and help for every command', async () => {
    expect(await umbra(['--version'])).toMatchObject({ code: 0, out: `${version}\n` })
    for (const command of ['info', 'phantom', 'maps', 'serve', 'export-model', 'doctor']) {
      const { code, out } = await umbra([command, '--help'])
      expect(code).toBe(0)
      expect(out).toContain(`Usage: umbra ${command}`)
      expect(out).toContain('--json')
    }
  })

  it.each([
    [[]],
    [['nonsense']],
    [['info']],
    [['maps', 'x', '--method', 'guess']],
    [['serve', '--port', 'x']],
  ])('ends with 2 on wrong usage: umbra %j', async (args) => {
    expect((await umbra(args)).code).toBe(2)
  })

  it('ends with 1 on a failure: words on stderr, with --json a problem on stdout', async () => {
    const { code, out, err } = await umbra(['info', join(folder, 'missing'), '--json'])
    expect(code).toBe(1)
    expect(err).toContain('umbra: ')
    expect(JSON.parse(out).error).toMatchObject({ where: join(folder, 'missing') })
  })

  it('makes a phantom and finds in it what it made', async () => {
    const study = join(folder, 'study')
    const small = ['--size', '64', '--slices', '2', '--volumes', '12', '--interval', '3', '--lesion', 'none']
    const made = await umbra(['phantom', study, ...small, '--json'])
    expect(made.code, made.err).toBe(0)
    expect(JSON.parse(made.out)).toMatchObject({ files: 24 })
    const found = await umbra(['info', join(study, 'dicom'), '--json'])
    expect(found.code, found.err).toBe(0)
    const [series] = JSON.parse(found.out).studies[0].series
    expect(series).toMatchObject({ kind: 'ct-perfusion', files: 24, timePoints: 12, size: [64, 64, 2] })
  })

  it('writes a network as an ONNX file that makes the same maps', async () => {
    const file = join(folder, 'network.onnx')
    const written = await umbra(['export-model', 'perfusion-unet-small', '-o', file, '--check', '--json'])
    expect(written.code, written.err).toBe(0)
    const { path, largestDifference } = JSON.parse(written.out)
    expect(path).toBe(file)
    expect(largestDifference).toBeLessThan(1e-5)
    const study = join(folder, 'for-networks')
    const made = await umbra([
      'phantom',
      study,
      '--size',
      '64',
      '--slices',
      '2',
      '--volumes',
      '30',
      '--interval',
      '1.5',
    ])
    expect(made.code, made.err).toBe(0)
    const medians: number[][] = []
    for (const model of ['perfusion-unet-small', file]) {
      const { code, out, err } = await umbra([
        'predict',
        model,
        join(study, 'dicom'),
        '-o',
        join(folder, 'maps'),
        '--json',
      ])
      expect(code, err).toBe(0)
      medians.push(['cbv', 'cbf', 'ttp'].map((map) => JSON.parse(out).maps[map].median))
    }
    medians[0].forEach((median, map) => expect(medians[1][map] / median).toBeCloseTo(1, 4))
  })

  it('refuses an ONNX file it cannot use in words: a backend for it, a name that is none, a damaged one', async () => {
    const file = join(folder, 'damaged.onnx')
    await writeFile(file, 'no network')
    const predict = ['predict', file, folder, '-o', join(folder, 'none')]
    expect(await umbra([...predict, '--backend', 'wasm'])).toMatchObject({ code: 2 })
    const { code, err } = await umbra(predict)
    expect(code).toBe(1)
    expect(err).toContain('no ONNX model')
    expect(
      await umbra(['export-model', 'perfusion-unet-small', '-o', join(folder, 'model.bin')]),
    ).toMatchObject({ code: 2 })
  })

  it('stops on Ctrl-C with 130 and leaves nothing half-written', async () => {
    const large = ['--size', '128', '--slices', '8', '--volumes', '500']
    const parent = join(folder, 'interrupted')
    let pressed = false
    const { code, err } = await umbra(['phantom', join(parent, 'study'), ...large], (text, end) => {
      if (pressed || !text.includes('DICOM')) return
      pressed = true
      end('SIGINT')
    })
    expect(err).toContain('Cancelled.')
    expect(code).toBe(130)
    expect(await readdir(parent).catch(() => [])).toEqual([])
  })

  it('serves the workstation until it is told to stop', async () => {
    let page: Promise<Response> | null = null
    const { code, out } = await umbra(['serve', '--port', '0'], (text, end) => {
      const address = /http:\/\/\S+#token=\S+/.exec(text)?.[0]
      if (address && !page) page = fetch(address).finally(() => end('SIGTERM'))
    })
    expect(code).toBe(0)
    expect(out).toMatch(/^Umbra is at http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{32} /)
    const served = await (page as unknown as Promise<Response>)
    expect(served.status).toBe(200)
  })

  it('refuses to listen where others could reach it, as wrong usage', async () => {
    const { code, err } = await umbra(['serve', '--host', '0.0.0.0'])
    expect(code).toBe(2)
    expect(err).toContain('--allow-remote')
  })

  it('examines this machine and finds it fit', async () => {
    const { code, out } = await umbra(['doctor', '--json'])
    const report = JSON.parse(out)
    expect(code).toBe(0)
    expect(report.ok).toBe(true)
    const codecs = report.checks.find(({ id }: { id: string }) => id === 'codecs')
    expect(codecs).toMatchObject({ state: 'ok', required: true })
    for (const check of report.checks) {
      if (check.state === 'missing') expect(check.remedy, check.id).toBeTruthy()
    }
  })
})
