import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { writeFileSet } from '../../../src-main/engine/export'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'umbra-files-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

it('removes what a killed program was writing, and leaves what another one writes now', async () => {
  const machine = hostname().replace(/\W/g, '') || 'machine'
  const dead = spawnSync(process.execPath, ['-e', '0']).pid
  const [left, busy, foreign] = [
    `.umbra-${machine}-${dead}-0123456789ab.part`,
    `.umbra-${machine}-${process.ppid}-0123456789ab.part`,
    `.umbra-${machine}x-${dead}-0123456789ab.old`,
  ]
  for (const name of [left, busy, foreign]) {
    await mkdir(join(directory, name))
    await writeFile(join(directory, name, 'half.nii.gz'), 'half')
  }
  const names = await writeFileSet(directory, (folder) => writeFile(join(folder, 'whole.txt'), 'whole'))
  expect(names).toEqual(['whole.txt'])
  expect((await readdir(directory)).sort()).toEqual([busy, foreign, 'whole.txt'].sort())
})
