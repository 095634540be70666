import { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { UmbraError } from '@contract'
import { runProgram, umbraProgram } from '../../../src-main/cli/program'

const failing = (error: Error) => (): Promise<void> => Promise.reject(error)
const unreadable = new UmbraError({
  code: 'unreadable',
  message: 'The file is cut short.',
  hint: 'Copy it again.',
  where: 'scan\u001b[31m.dcm',
})

function program(action: () => Promise<void> = () => Promise.resolve()): Command {
  const command = new Command('work').argument('<path>').option('--json').option('--count <n>').action(action)
  return umbraProgram('1.2.3', [command])
}

describe('the umbra program', () => {
  let out = ''
  let err = ''
  beforeEach(() => {
    out = err = ''
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true))
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true))
  })
  afterEach(() => vi.restoreAllMocks())

  it('ends with 0 when the command did its work', async () => {
    expect(await runProgram(program(), ['work', 'a'])).toBe(0)
  })

  it.each([['--help'], ['--version'], ['work', '--help']])('ends with 0 after %s %s', async (...args) => {
    expect(await runProgram(program(), args)).toBe(0)
    expect(out).toMatch(/Usage: umbra|1\.2\.3/)
  })

  it.each([
    [],
    ['nonsense'],
    ['work'],
    ['work', 'a', '--colour'],
    ['work', 'a', 'b'],
    ['work', 'a', '--count'],
  ])('ends with 2 on wrong usage: umbra %s %s %s', async (...args: string[]) => {
    expect(await runProgram(program(), args)).toBe(2)
    expect(err).not.toBe('')
  })

  it('ends with 1 on a failure and says what, where and what to do, without the control characters', async () => {
    expect(await runProgram(program(failing(unreadable)), ['work', 'a'])).toBe(1)
    expect(err).toBe('umbra: The file is cut short.\n  at:  scan\uFFFD[31m.dcm\n  try: Copy it again.\n')
    expect(out).toBe('')
  })

  it('prints the failure as JSON on stdout with --json', async () => {
    expect(await runProgram(program(failing(unreadable)), ['work', 'a', '--json'])).toBe(1)
    expect(JSON.parse(out)).toEqual({
      error: {
        code: 'unreadable',
        message: 'The file is cut short.',
        hint: 'Copy it again.',
        where: 'scan\u001b[31m.dcm',
      },
    })
  })

  it('prints wrong usage as JSON too with --json', async () => {
    expect(await runProgram(program(), ['work', '--json'])).toBe(2)
    expect(JSON.parse(out).error.code).toBe('usage')
  })

  it('ends with 2 where the command itself finds the usage wrong, and with 130 when interrupted', async () => {
    const usage = new UmbraError({ code: 'usage', message: '--aif needs x,y,z' })
    expect(await runProgram(program(failing(usage)), ['work', 'a'])).toBe(2)
    const cancelled = new UmbraError({ code: 'cancelled', message: 'Cancelled.' })
    expect(await runProgram(program(failing(cancelled)), ['work', 'a'])).toBe(130)
  })

  it('ends with 1 on a bug and shows where it came from', async () => {
    expect(await runProgram(program(failing(new TypeError('x is undefined'))), ['work', 'a'])).toBe(1)
    expect(err).toContain('x is undefined')
    expect(err).toContain('program.test.ts')
  })
})
