import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoStudy } from '../../../src-main/engine/cases/demoStudy'

let root = ''
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'umbra-demo-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

/** The longest this thread could not answer anybody while `work` went on, ms. */
async function longestSilence(work: Promise<unknown>): Promise<number> {
  let last = performance.now()
  let longest = 0
  const listen = (): void => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
  }
  const timer = setInterval(listen, 5)
  await work.finally(() => clearInterval(timer))
  listen()
  return longest
}

describe('the demonstration study', () => {
  it('can be cancelled while it is made, and leaves nothing', async () => {
    const directory = join(root, 'cancelled')
    const abort = new AbortController()
    const stages: string[] = []
    const made = demoStudy(directory, {
      signal: abort.signal,
      onProgress: (_progress, stage) => {
        stages.push(stage)
        if (stage === 'DICOM') abort.abort()
      },
    })
    await expect(made).rejects.toMatchObject({ name: 'AbortError' })
    expect(stages).not.toContain('Truth')
    expect(await readdir(directory).catch(() => [])).toEqual([])
  })

  it('is made once, with progress, while the engine goes on answering', async () => {
    const directory = join(root, 'made')
    const progress: number[] = []
    const made = demoStudy(directory, { onProgress: (now) => progress.push(now) })
    expect(await longestSilence(made)).toBeLessThan(1000)
    expect(progress.length).toBeGreaterThan(20)
    expect(progress).toEqual([...progress].sort((a, b) => a - b))
    const folder = await made
    expect((await readdir(folder)).length).toBeGreaterThan(0)
    expect(await readdir(dirname(folder))).toEqual(['dicom', 'truth'])
    expect(await demoStudy(directory, { onProgress: () => expect.fail('made again') })).toBe(folder)
  })
})
