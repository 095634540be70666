import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { methods } from '@contract'
import { listFolder } from '../../../src-main/engine/files/folderList'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'umbra-list-'))
  for (const name of ['series 10', 'series 2', '.hidden']) await mkdir(join(folder, name))
  await writeFile(join(folder, 'IM_1.dcm'), 'x'.repeat(321))
  await writeFile(join(folder, '.DS_Store'), '')
  await symlink(join(folder, 'nowhere'), join(folder, 'broken link'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the folder list', () => {
  it('shows folders first, numbers in order, and leaves out hidden files and broken links', async () => {
    const list = methods['files.list'].out.parse(await listFolder(folder))
    expect(list.entries.map(({ name, directory, bytes }) => ({ name, directory, bytes }))).toEqual([
      { name: 'series 2', directory: true, bytes: 0 },
      { name: 'series 10', directory: true, bytes: 0 },
      { name: 'IM_1.dcm', directory: false, bytes: 321 },
    ])
    expect(list.parent).toBe(dirname(folder))
    expect(list.entries[0].path).toBe(join(folder, 'series 2'))
  })

  it('begins at the home folder and ends at the root', async () => {
    expect((await listFolder(null)).path).toBe(homedir())
    if (process.platform !== 'win32') expect((await listFolder('/')).parent).toBeNull()
  })

  it.each([
    ['missing', 'not-found'],
    ['IM_1.dcm', 'not-a-folder'],
  ])('says what is wrong with %s', async (name, code) => {
    await expect(listFolder(join(folder, name))).rejects.toMatchObject({ code, where: join(folder, name) })
  })

  it('refuses a relative path and a NUL byte', async () => {
    await expect(listFolder('../etc')).rejects.toMatchObject({ code: 'invalid-path' })
    await expect(listFolder('/etc\0/passwd')).rejects.toMatchObject({ code: 'invalid-path' })
  })
})
