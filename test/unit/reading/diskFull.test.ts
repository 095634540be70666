import { spawnSync } from 'node:child_process'
import { mkdirSync, openSync, closeSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { integrityFaults } from '../../../src-main/engine/reading/store/backup'
import { openSqlite } from '../../../src-main/engine/reading/store/database'
import { openRoom, openStudy, temporaryFolder } from './room'
import { drawnBy, strokeGrid, strokeOf } from './strokes'

/** A real file system of so many MB; null where one cannot be made (no root, no Linux). */
function smallFileSystem(megabytes: number): string | null {
  const folder = join(temporaryFolder(), 'small')
  mkdirSync(folder)
  const options = ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'umbra-test', folder]
  if (spawnSync('mount', options).status !== 0) return null
  onTestFinished(() => void spawnSync('umount', [folder]))
  return folder
}

/** Fills what is left, but for so many bytes. Returns the file, to be removed. */
function fill(folder: string, but: number): string {
  const path = join(folder, 'others.bin')
  const file = openSync(path, 'w')
  const { bavail, bsize } = statfsSync(folder)
  const block = Buffer.alloc(4096, 1)
  for (let left = bavail * bsize - but; left > 0; left -= block.length) writeSync(file, block)
  closeSync(file)
  return path
}

describe('a full disk', () => {
  it('is said, loses nothing that was saved, and is over when there is room again', async (context) => {
    const folder = smallFileSystem(8)
    if (!folder) return context.skip()
    const room = openRoom(join(folder, 'studies.db'))
    const { ask, one, worklist } = await openStudy({}, room)
    const [{ readingId }] = await worklist(one)
    const { lease } = await ask('reading.open', { session: one, readingId })
    const save = (n: number) => {
      const { slices, bytes } = strokeOf(n)
      return ask('reading.save', { lease: lease as string, geometry: strokeGrid, slices, seconds: n }, bytes)
    }
    for (let n = 1; n <= 5; n++) await save(n)

    const others = fill(folder, 100 * 1024)
    let saved = 5
    const failure = await (async () => {
      for (;;) {
        await save(saved + 1)
        saved++
      }
    })().catch((thrown: unknown) => thrown)
    expect(failure).toMatchObject({ code: 'disk-full' })
    expect((failure as Error).message).toMatch(/What was saved before is still there/)
    await expect(save(saved + 1)).rejects.toMatchObject({ code: 'disk-full' })
    await expect(
      ask('reading.sign', { lease: lease as string, pin: '2468', seconds: 1 }),
    ).rejects.toMatchObject({
      code: 'disk-full',
    })

    // Everything can still be looked at.
    const [{ seconds, state }] = await worklist(one)
    expect({ seconds, state }).toEqual({ seconds: saved, state: 'draft' })

    rmSync(others)
    await save(++saved)
    room.room.close()
    const store = openSqlite(room.path)
    expect(integrityFaults(store)).toEqual([])
    store.close()
    const { labelmap } = await ask('reading.open', { session: one, readingId })
    const frames = [0, 1].map((frame) => room.room.readVoxels(labelmap?.id as string, frame))
    expect(frames.every((frame, i) => Buffer.compare(frame, drawnBy(saved)[i]) === 0)).toBe(true)
  })

  it('when the engine is killed on it loses nothing either', async (context) => {
    const folder = smallFileSystem(8)
    if (!folder) return context.skip()
    const room = openRoom(join(folder, 'studies.db'))
    const { ask, one, worklist } = await openStudy({}, room)
    const [{ readingId }] = await worklist(one)
    const { lease } = await ask('reading.open', { session: one, readingId })
    const others = fill(folder, 60 * 1024)
    let saved = 0
    try {
      for (;;) {
        const { slices, bytes } = strokeOf(saved + 1)
        const save = { lease: lease as string, geometry: strokeGrid, slices, seconds: saved + 1 }
        await ask('reading.save', save, bytes)
        saved++
      }
    } catch (thrown) {
      expect(thrown).toMatchObject({ code: 'disk-full' })
    }
    // As after a kill: the files as they lie on the disk at this moment, with the log, without the program.
    const copy = temporaryFolder()
    for (const name of ['studies.db', 'studies.db-wal']) {
      expect(spawnSync('cp', [join(folder, name), copy]).status).toBe(0)
    }
    const store = openSqlite(join(copy, 'studies.db'))
    expect(integrityFaults(store)).toEqual([])
    expect(store.get('SELECT seconds FROM reading WHERE id = ?', readingId)).toEqual({ seconds: saved })
    store.close()
    rmSync(others)
  })
})
