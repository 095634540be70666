import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Catalogue, Warning } from '@contract'
import { dataDirectory } from '../../../src-main/engine/cases/dataDirectory'
import { openJsonFile } from '../../../src-main/engine/cases/jsonFile'
import { openRecentStudies } from '../../../src-main/engine/cases/recentStudies'

const schema = z.object({ count: z.number() })
let folder: string
let warnings: Warning[]
const open = (name = 'settings.json') =>
  openJsonFile(join(folder, name), schema, { count: 0 }, (warning) => warnings.push(warning))

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'umbra-json-'))
  warnings = []
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('a JSON file', () => {
  it('begins empty and is read again by the next start', async () => {
    const file = open()
    expect(await file.read()).toEqual({ count: 0 })
    await file.update(() => ({ count: 5 }))
    expect(await open().read()).toEqual({ count: 5 })
    expect(warnings).toEqual([])
  })

  it('loses no change when many come at once', async () => {
    const file = open()
    await Promise.all(Array.from({ length: 20 }, () => file.update(({ count }) => ({ count: count + 1 }))))
    expect(await open().read()).toEqual({ count: 20 })
  })

  it.each(['{"count": 1', '{"count": "many"}', '', '\u0000\u0000', '[]'])(
    'moves a damaged file (%j) aside, says so, and goes on',
    async (content) => {
      await writeFile(join(folder, 'settings.json'), content)
      const file = open()
      expect(await file.read()).toEqual({ count: 0 })
      await file.update(() => ({ count: 1 }))
      const names = await readdir(folder)
      const aside = names.find((name) => name.includes('damaged'))
      expect(await readFile(join(folder, aside as string), 'utf8')).toBe(content)
      expect(warnings).toHaveLength(1)
      expect(warnings[0].message).toContain(aside)
      expect(await open().read()).toEqual({ count: 1 })
    },
  )
})

describe('recent studies', () => {
  const catalogue: Catalogue = {
    studies: [
      {
        uid: '1.2',
        patientId: 'P1',
        patientName: 'SECRET^NAME',
        date: '2026-02-01',
        description: 'CT PERFUSION',
        series: [],
      },
    ],
    skipped: [],
    filesFound: 3,
    filesShown: 3,
  }
  const recentFile = (): ReturnType<typeof openRecentStudies> =>
    openRecentStudies(join(folder, 'recent.json'), (warning) => warnings.push(warning))

  it('are listed newest first, each once, and can be forgotten', async () => {
    const recent = recentFile()
    await recent.remember(['/a'], catalogue)
    await recent.remember(['/b', '/c'], catalogue)
    await recent.remember(['/a'], catalogue)
    expect((await recentFile().list()).map((study) => study.paths)).toEqual([['/a'], ['/b', '/c']])
    await recent.forget(['/a'])
    expect((await recentFile().list()).map((study) => study.label)).toEqual([
      'b and 1 more — CT PERFUSION, 2026-02-01',
    ])
  })

  it("never write the patient's name to disk", async () => {
    await recentFile().remember(['/a'], catalogue)
    expect(await readFile(join(folder, 'recent.json'), 'utf8')).not.toContain('SECRET')
  })
})

describe('the data directory', () => {
  it('follows UMBRA_DATA, else the custom of the operating system', () => {
    expect(dataDirectory({ UMBRA_DATA: '/x' }, 'linux', '/home/a')).toBe('/x')
    expect(dataDirectory({}, 'linux', '/home/a')).toBe('/home/a/.local/share/umbra')
    expect(dataDirectory({ XDG_DATA_HOME: '/d' }, 'linux', '/home/a')).toBe('/d/umbra')
    expect(dataDirectory({}, 'darwin', '/Users/a')).toBe('/Users/a/Library/Application Support/Umbra')
    expect(dataDirectory({ APPDATA: '/roaming' }, 'win32', '/u')).toBe('/roaming/Umbra')
  })
})
