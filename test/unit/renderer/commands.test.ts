import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  allCommands,
  commandFor,
  filterCommands,
  registerCommands,
  runCommand,
  titleWithKey,
  type Command,
} from '../../../src-renderer/app/commands'

const nothing = (): void => undefined
const press = (key: string, more: Partial<KeyboardEvent> = {}): Parameters<typeof commandFor>[0] => ({
  key,
  code: '',
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  repeat: false,
  ...more,
})

let registered: (() => void)[] = []
const register = (...commands: Command[]): (() => void) => {
  const take = registerCommands(commands)
  registered.push(take)
  return take
}
afterEach(() => {
  registered.forEach((take) => take())
  registered = []
})

describe('commands', () => {
  it('are found by key, and gone when their room takes them away', () => {
    const take = register({ id: 'cine', title: 'Play', group: 'Review', keys: ['c'], run: nothing })
    expect(commandFor(press('c'), null, false)?.id).toBe('cine')
    take()
    expect(commandFor(press('c'), null, false)).toBeNull()
    expect(allCommands()).toEqual([])
  })

  it('give way where they cannot be done now', () => {
    let possible = false
    register(
      { id: 'window.up', title: 'Up', group: 'Window', keys: ['up'], run: nothing },
      {
        id: 'slice.up',
        title: 'Slice up',
        group: 'Review',
        keys: ['up'],
        when: () => possible,
        run: nothing,
      },
    )
    expect(commandFor(press('ArrowUp'), null, false)?.id).toBe('window.up')
    possible = true
    expect(commandFor(press('ArrowUp'), null, false)?.id).toBe('slice.up')
  })

  it('do not repeat while the key is held, unless they say so', () => {
    register(
      { id: 'once', title: 'Once', group: 'A', keys: ['a'], run: nothing },
      { id: 'again', title: 'Again', group: 'A', keys: ['b'], repeats: true, run: nothing },
    )
    expect(commandFor(press('a', { repeat: true }), null, false)).toBeNull()
    expect(commandFor(press('b', { repeat: true }), null, false)?.id).toBe('again')
  })

  it('leave a focused element the keys that are its own', () => {
    register({ id: 'cine', title: 'Play', group: 'Review', keys: ['c'], run: nothing })
    expect(commandFor(press('c'), { tagName: 'INPUT', role: null }, false)).toBeNull()
    expect(commandFor(press('c'), { tagName: 'CANVAS', role: null }, false)?.id).toBe('cine')
  })

  it('run by id for the native menu, when they can', async () => {
    const run = vi.fn()
    register({ id: 'study.close', title: 'Close', group: 'Studies', run })
    register({ id: 'study.never', title: 'Never', group: 'Studies', when: () => false, run })
    expect(await runCommand('study.close')).toBe(true)
    expect(await runCommand('study.never')).toBe(false)
    expect(await runCommand('unknown')).toBe(false)
    expect(run).toHaveBeenCalledTimes(1)
  })

  it('name their key in the title of a button', () => {
    register({ id: 'study.open', title: 'Open a study', group: 'Studies', keys: ['mod+o'], run: nothing })
    expect(titleWithKey('study.open', (key) => key.split('+'))).toBe('Open a study (mod o)')
    expect(titleWithKey('unknown', () => [])).toBe('')
  })
})

describe('the palette', () => {
  const commands = [
    { id: '1', title: 'Open a study folder…', group: 'Studies' },
    { id: '2', title: 'Close the study', group: 'Studies' },
    { id: '3', title: 'Go to Studies', group: 'Window' },
    { id: '4', title: 'Compute maps', group: 'Review' },
  ]
  const found = (typed: string): string[] => filterCommands(commands, typed).map(({ id }) => id)

  it('shows all, in their order, before anything is typed', () => {
    expect(found('  ')).toEqual(['1', '2', '3', '4'])
  })

  it('wants every word, in any order, in the title or the group', () => {
    expect(found('study close')).toEqual(['2'])
    expect(found('review maps')).toEqual(['4'])
    expect(found('maps nothing')).toEqual([])
  })

  it('puts a title that begins with the word before one that contains it', () => {
    expect(found('stud')).toEqual(['1', '2', '3'])
    expect(found('go')).toEqual(['3'])
    expect(found('co')).toEqual(['4'])
  })
})
