import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const script = resolve(__dirname, '../../../build/setup-tensorflow.mjs')
const here = `${process.platform}-${process.arch}`
let cache: string

beforeEach(() => (cache = mkdtempSync(join(tmpdir(), 'umbra-cache-'))))
afterEach(() => rmSync(cache, { recursive: true, force: true }))

function setUp(
  environment: NodeJS.ProcessEnv,
  ...options: string[]
): { status: number | null; lines: string[] } {
  const { status, stderr } = spawnSync(process.execPath, [script, '--variant', 'cpu', ...options], {
    encoding: 'utf8',
    env: { ...process.env, UMBRA_CACHE: cache, ...environment },
  })
  return { status, lines: stderr.trim().split('\n') }
}

describe.skipIf(here !== 'linux-x64')('npm run setup:tensorflow', () => {
  it('says in one line what is missing', () => {
    const { status, lines } = setUp({ PYTHON: 'no-such-python' })
    expect(status).toBe(1)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/pip is not installed.*wasm/)
  })

  it('ends well with --if-possible', () => {
    expect(setUp({ PYTHON: 'no-such-python' }, '--if-possible').status).toBe(0)
  })

  it('says in one line that pip had no success', () => {
    const python = join(cache, 'python')
    const failing = 'case "$*" in *--version*) exit 0;; *) echo "ERROR: no network" >&2; exit 1;; esac'
    writeFileSync(python, `#!/bin/sh\n${failing}\n`, { mode: 0o755 })
    const { status, lines } = setUp({ PYTHON: python, CXX: 'true' })
    expect(status).toBe(1)
    expect(lines[lines.length - 1]).toMatch(/could not download tensorflow-cpu.*no network/)
  })

  it('refuses a file that is not the one its hash names', () => {
    const python = join(cache, 'python')
    const forging =
      'case "$*" in *--version*) exit 0;; esac\nwhile [ "$1" != -d ]; do shift; done\necho x > "$2/a.whl"'
    writeFileSync(python, `#!/bin/sh\n${forging}\n`, { mode: 0o755 })
    const { status, lines } = setUp({ PYTHON: python, CXX: 'true' })
    expect(status).toBe(1)
    expect(lines[lines.length - 1]).toMatch(/not the one its hash names/)
  })

  it('does nothing where it is done already', () => {
    const folder = join(cache, 'tensorflow/cpu')
    mkdirSync(folder, { recursive: true })
    const runtime = {
      variant: 'cpu',
      version: '2.20.0',
      binding: '4.22.0',
      platform: here,
      libraryFolders: [],
    }
    writeFileSync(join(folder, 'runtime.json'), JSON.stringify(runtime))
    const { status, lines } = setUp({ PYTHON: 'no-such-python' })
    expect(status).toBe(0)
    expect(lines).toEqual([expect.stringContaining('is set up in')])
  })
})

describe.skipIf(here === 'linux-x64')('npm run setup:tensorflow elsewhere than on Linux x64', () => {
  it('says so in one line', () => expect(setUp({}).lines).toHaveLength(1))
})
