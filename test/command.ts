import type { Command } from 'commander'
import { vi } from 'vitest'
import { command as evaluate } from '../src-main/cli/commands/evaluate'
import { command as predict } from '../src-main/cli/commands/predict'
import { command as train } from '../src-main/cli/commands/train'
import { runProgram, umbraProgram } from '../src-main/cli/program'

export interface Ended {
  code: number
  out: string
  err: string
}

/** Runs `umbra train|predict|evaluate …` in this process, as the program does: its exit code and what it says. */
export async function umbra(...args: string[]): Promise<Ended> {
  const ended: Ended = { code: -1, out: '', err: '' }
  const spies = (['out', 'err'] as const).map((kind) =>
    vi.spyOn(process[`std${kind}`], 'write').mockImplementation((text) => {
      ended[kind] += String(text)
      return true
    }),
  )
  try {
    const commands: Command[] = [train(), predict(), evaluate()]
    ended.code = await runProgram(umbraProgram('0.0.0-test', commands), args)
  } finally {
    for (const spy of spies) spy.mockRestore()
    process.exitCode = undefined
  }
  return ended
}
