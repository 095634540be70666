import { UmbraError, type Output } from '@contract'
import { nextTick, ref } from 'vue'
import { afterEach, describe, expect, it } from 'vitest'
import { useFolderPath } from '../../../src-renderer/components/shell/folderPath'
import { setEngine } from '../../../src-renderer/engine/client'
import { engineWith } from './engineDouble'

type Listing = Output<'files.list'>

const listingOf = (path: string): Listing => ({ path, parent: '/', entries: [] })

/** An engine that lists folders when the test says so. */
function slowEngine(): { answer: (folder: string | null, with_: Listing | Error) => Promise<void> } {
  const waiting = new Map<
    string | null,
    { give: (listing: Listing) => void; refuse: (error: Error) => void }
  >()
  setEngine(
    engineWith({
      'files.list': ({ path }) => new Promise((give, refuse) => waiting.set(path, { give, refuse })),
    }),
  )
  return {
    answer: async (folder, with_) => {
      const asked = waiting.get(folder)
      if (with_ instanceof Error) asked?.refuse(with_)
      else asked?.give(with_)
      await new Promise((resolve) => setTimeout(resolve))
    },
  }
}

afterEach(() => setEngine(null))

describe('the path above a list of folders', () => {
  it('is the folder that is listed', async () => {
    const engine = slowEngine()
    const { path, typed, busy, visit } = useFolderPath(ref(null))
    void visit(null)
    await Promise.resolve()
    expect(busy.value).toBe(true)
    await engine.answer(null, listingOf('/home/reader'))
    expect([path.value, typed.value, busy.value]).toEqual(['/home/reader', false, false])
  })

  it('stays what was typed while the list was on its way', async () => {
    const engine = slowEngine()
    const { listing, path, typed, visit } = useFolderPath(ref(null))
    void visit(null)
    await Promise.resolve()
    path.value = '/studies/ctp'
    await engine.answer(null, listingOf('/home/reader'))
    expect(listing.value?.path).toBe('/home/reader')
    expect([path.value, typed.value]).toEqual(['/studies/ctp', true])
  })

  it('is selected where the field has the keyboard, so that what is typed next replaces it', async () => {
    const engine = slowEngine()
    let selected = 0
    const input = { select: () => selected++ }
    const field = ref(Object.assign(input, { ownerDocument: { activeElement: input } }))
    const { visit } = useFolderPath(field as unknown as Parameters<typeof useFolderPath>[0])
    field.value.ownerDocument.activeElement = field.value
    void visit(null)
    await Promise.resolve()
    await engine.answer(null, listingOf('/home/reader'))
    await nextTick()
    expect(selected).toBe(1)
  })

  it('follows the list again when a folder of it is chosen', async () => {
    const engine = slowEngine()
    const { path, visit } = useFolderPath(ref(null))
    path.value = '/stud'
    void visit('/home/reader/data')
    await Promise.resolve()
    await engine.answer('/home/reader/data', listingOf('/home/reader/data'))
    expect(path.value).toBe('/home/reader/data')
  })

  it('follows the folder asked for last, in whatever order the answers come', async () => {
    const engine = slowEngine()
    const { listing, path, busy, visit } = useFolderPath(ref(null))
    const first = visit('/a')
    const second = visit('/b')
    await Promise.resolve()
    await engine.answer('/b', listingOf('/b'))
    await engine.answer('/a', listingOf('/a'))
    expect(await Promise.all([first, second])).toEqual([null, listingOf('/b')])
    expect([listing.value?.path, path.value, busy.value]).toEqual(['/b', '/b', false])
  })

  it('keeps the list and the text, and says why, where a folder cannot be listed', async () => {
    const engine = slowEngine()
    const { listing, path, problem, visit } = useFolderPath(ref(null))
    void visit(null)
    await Promise.resolve()
    await engine.answer(null, listingOf('/home/reader'))
    path.value = '/nowhere'
    const answer = visit('/nowhere')
    await Promise.resolve()
    await engine.answer(
      '/nowhere',
      new UmbraError({ code: 'not-found', message: 'There is no such folder.' }),
    )
    expect(await answer).toBeNull()
    expect([listing.value?.path, path.value, problem.value?.code]).toEqual([
      '/home/reader',
      '/nowhere',
      'not-found',
    ])
  })

  it('may propose a folder inside the one listed', async () => {
    const engine = slowEngine()
    const { path, typed, visit } = useFolderPath(ref(null), (folder) => `${folder}/maps`)
    expect(typed.value).toBe(false)
    void visit(null)
    await Promise.resolve()
    await engine.answer(null, listingOf('/home/reader'))
    expect([path.value, typed.value]).toEqual(['/home/reader/maps', false])
  })
})
