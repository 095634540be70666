import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { UmbraError, type CohortRow, type QueueItem } from '@contract'
import {
  createSettledStudies,
  namedStudies,
  openQueue,
  type StudyQueue,
} from '../../../src-main/engine/pipeline'

let scratch: string
let count = 0
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'umbra-queue-'))
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

const freshFolder = async (): Promise<string> => {
  const folder = join(scratch, `${count++}`)
  await mkdir(folder, { recursive: true })
  return folder
}

const rowOf = ({ study, directory }: QueueItem, changed: Partial<CohortRow> = {}): CohortRow => ({
  study,
  state: 'done',
  reason: null,
  series: 'CTP',
  method: 'Box',
  brainMl: 1200,
  arteryGrade: 'good',
  veinGrade: null,
  cbf: 30,
  cbv: 2,
  mtt: 4,
  tmax: 3,
  coreMl: 0,
  hypoperfusionMl: 0,
  mismatchMl: 0,
  mismatchRatio: null,
  quality: 'green',
  warnings: 0,
  computed: 5,
  kept: 0,
  seconds: 1,
  directory: join(directory, study),
  ...changed,
})

describe('the queue of studies', () => {
  it('does one after the other, and writes one table in which a failure stands with its reason', async () => {
    const folder = await freshFolder()
    const results = join(folder, 'results')
    let busy = 0
    const queue = openQueue({
      path: join(folder, 'queue.json'),
      report: ({ message }) => expect.fail(message),
      perform: async (item) => {
        expect(++busy).toBe(1)
        await new Promise((resolve) => setTimeout(resolve, 5))
        busy--
        return item.study === 'two'
          ? rowOf(item, { state: 'failed', reason: 'No brain | was found.', quality: 'red' })
          : rowOf(item)
      },
    })
    await queue.add(namedStudies(['/studies/one', '/studies/two.zip', '/studies/=three']), results)
    await queue.idle()
    await queue.close()
    const states = (await queue.state()).items.map(({ study, state }) => [study, state])
    expect(states).toEqual([
      ['one', 'done'],
      ['two', 'failed'],
      ['=three', 'done'],
    ])
    const markdown = (await readFile(join(results, 'cohort.md'), 'utf8')).trim().split('\n')
    expect(markdown).toHaveLength(5)
    expect(markdown[3]).toContain('| two | failed | red |')
    expect(markdown[3]).toContain('No brain \\| was found.')
    const csv = await readFile(join(results, 'cohort.csv'), 'utf8')
    // A spreadsheet must not take a folder's name for a formula.
    expect(csv).toContain("\r\n'=three,done,")
    expect(JSON.parse(await readFile(join(results, 'cohort.json'), 'utf8'))).toHaveLength(3)
  })

  it('goes on after the program ended: what was done stays done, what was in work is done again', async () => {
    const folder = await freshFolder()
    const path = join(folder, 'queue.json')
    const begun: string[] = []
    let interrupt: (reason: Error) => void = () => undefined
    const first = openQueue({
      path,
      report: () => undefined,
      perform: (item) => {
        begun.push(item.study)
        if (item.study === 'one') return Promise.resolve(rowOf(item))
        return new Promise((_, reject) => (interrupt = reject))
      },
    })
    await first.add(namedStudies(['/studies/one', '/studies/two', '/studies/three']), folder)
    await vi.waitFor(() => expect(begun).toEqual(['one', 'two']))
    const closed = first.close()
    interrupt(new Error('ended'))
    await closed

    const after: string[] = []
    const second = openQueue({
      path,
      report: () => undefined,
      perform: (item) => {
        after.push(item.study)
        return Promise.resolve(rowOf(item))
      },
    })
    await vi.waitFor(async () =>
      expect((await second.state()).items.map(({ state }) => state)).toEqual(['done', 'done', 'done']),
    )
    expect(after).toEqual(['two', 'three'])
    await second.close()
  })

  it('never lets two studies of one name write into one folder, and gives a study that comes again its own', async () => {
    const folder = await freshFolder()
    const queue = openQueue({
      path: join(folder, 'queue.json'),
      report: () => undefined,
      perform: (item) => Promise.resolve(rowOf(item)),
    })
    const names = async (): Promise<string[]> => (await queue.state()).items.map(({ study }) => study)
    await queue.add(namedStudies(['/in/head.zip']), folder)
    await queue.idle()
    await queue.add(namedStudies(['/in/head', '/in/head.zip']), folder)
    await queue.idle()
    expect(await names()).toEqual(['head-2', 'head'])
    await queue.add([{ study: 'head', paths: ['/in/head'], series: 'second' }], folder)
    await queue.idle()
    expect(await names()).toEqual(['head-2', 'head', 'head-3'])
    await queue.close()
  })

  it('says of a study that could not be begun that it failed, and why; it was not cancelled', async () => {
    const folder = await freshFolder()
    const queue = openQueue({
      path: join(folder, 'queue.json'),
      report: () => undefined,
      perform: () =>
        Promise.reject(new UmbraError({ code: 'write-failed', message: 'The disk is full.', where: '/out' })),
    })
    await queue.add(namedStudies(['/studies/one']), folder)
    await queue.idle()
    const [item] = (await queue.state()).items
    expect(item).toMatchObject({ state: 'failed', row: { reason: 'The disk is full. At: /out.' } })
    expect(await readFile(join(folder, 'cohort.md'), 'utf8')).toContain('| one | failed |')
    await queue.close()
  })

  it('leaves a cancelled study until it is asked for again', async () => {
    const folder = await freshFolder()
    let cancelled = false
    const queue = openQueue({
      path: join(folder, 'queue.json'),
      report: () => undefined,
      perform: (item) => {
        if (cancelled) return Promise.resolve(rowOf(item))
        cancelled = true
        return Promise.reject(new Error('Cancelled.'))
      },
    })
    await queue.add(namedStudies(['/studies/one']), folder)
    await queue.idle()
    const [item] = (await queue.state()).items
    expect(item.state).toBe('cancelled')
    await queue.again([item.id])
    await queue.idle()
    expect((await queue.state()).items[0].state).toBe('done')
    await queue.close()
  })

  it('is worked on by the program that opened it first; another looks on, and goes on once that has ended', async () => {
    const folder = await freshFolder()
    const path = join(folder, 'queue.json')
    const done: string[] = []
    const open = (name: string): StudyQueue =>
      openQueue({
        path,
        report: () => undefined,
        perform: (item) => {
          done.push(`${item.study} by ${name}`)
          return Promise.resolve(rowOf(item))
        },
      })
    const first = open('the first')
    expect(await first.elsewhere()).toBeNull()
    const second = open('the second')
    expect(await second.elsewhere()).toContain(String(process.pid))
    await expect(second.add(namedStudies(['/studies/two']), folder)).rejects.toMatchObject({
      code: 'queue-elsewhere',
    })
    await first.add(namedStudies(['/studies/one']), folder)
    await first.idle()
    expect((await second.state()).items.map(({ study }) => study)).toEqual(['one'])
    await first.close()
    expect((await second.state()).items).toHaveLength(1)
    expect(await second.elsewhere()).toBeNull()
    await second.add(namedStudies(['/studies/two']), folder)
    await second.idle()
    expect(done).toEqual(['one by the first', 'two by the second'])
    await second.close()
  })

  it('is taken over from a program that was killed', async () => {
    const folder = await freshFolder()
    const path = join(folder, 'queue.json')
    const gone = spawnSync(process.execPath, ['-e', '0']).pid
    await writeFile(`${path}.owner`, JSON.stringify({ host: hostname(), pid: gone, started: '', token: 'x' }))
    const queue = openQueue({
      path,
      report: () => undefined,
      perform: (item) => Promise.resolve(rowOf(item)),
    })
    expect(await queue.elsewhere()).toBeNull()
    await queue.close()
    expect(existsSync(`${path}.owner`)).toBe(false)
  })

  it('refuses to write among the studies it watches', async () => {
    const folder = await freshFolder()
    const queue: StudyQueue = openQueue({
      path: join(folder, 'queue.json'),
      report: () => undefined,
      perform: (item) => Promise.resolve(rowOf(item)),
    })
    await expect(queue.watch({ folder, directory: join(folder, 'results') })).rejects.toMatchObject({
      code: 'output-among-studies',
    })
    await queue.close()
  })
})

describe('a watched folder', () => {
  it('gives a study once its files have stopped changing, and again when more files come', async () => {
    const folder = await freshFolder()
    let now = 0
    const studies = createSettledStudies(folder, 10, () => now)
    const known = new Map<string, string>()
    const look = async (): Promise<string[]> => (await studies.look(known)).map(({ study }) => study)
    await mkdir(join(folder, 'patient'))
    await mkdir(join(folder, '.hidden'))
    await writeFile(join(folder, '.hidden', 'a'), 'x')
    await writeFile(join(folder, 'loose.dcm'), 'not a study of its own')
    expect(await look()).toEqual([])
    await writeFile(join(folder, 'patient', 'a.dcm'), 'first')
    expect(await look()).toEqual([])
    now = 20
    await writeFile(join(folder, 'patient', 'b.dcm'), 'still being copied')
    expect(await look()).toEqual([])
    now = 25
    expect(await look()).toEqual([])
    now = 31
    const [settled] = await studies.look(known)
    expect(settled.study).toBe('patient')

    known.set(settled.paths[0], settled.fingerprint)
    now = 100
    expect(await look()).toEqual([])
    await writeFile(join(folder, 'patient', 'c.dcm'), 'later')
    expect(await look()).toEqual([])
    now = 120
    expect(await look()).toEqual(['patient'])
  })

  it('names studies so that no two share a folder of results', () => {
    const named = namedStudies(['/a/head', '/b/head.zip', '/c/HEAD'])
    expect(named.map(({ study }) => study)).toEqual(['head', 'head-2', 'HEAD-3'])
  })
})
