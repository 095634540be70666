import { Command, CommanderError } from 'commander'
import { problemOf, type Problem } from '@contract'
import { problemText } from './terminal'

export const exitCodes = { done: 0, failed: 1, usage: 2, cancelled: 130 } as const

/** The `umbra` program over its commands: every command throws instead of ending the process. */
export function umbraProgram(version: string, commands: Command[]): Command {
  const program = new Command('umbra')
    .description('Brain CT perfusion: studies, maps and the workstation. Research use only.')
    .version(version, '-V, --version', 'print the version')
    .showHelpAfterError('(umbra --help lists the commands, umbra <command> --help its options)')
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.')
  for (const command of commands) program.addCommand(command)
  for (const command of [program, ...program.commands]) command.exitOverride()
  return program
}

function exitCodeOf(problem: Problem): number {
  if (problem.code === 'cancelled') return exitCodes.cancelled
  return problem.code === 'usage' ? exitCodes.usage : exitCodes.failed
}

/**
 * Runs one command line and resolves to its exit code. A failure is told on stderr as message, place and remedy, and
 * with --json also as `{"error": {code, message, hint, where}}` on stdout, so that stdout is JSON either way. An
 * UmbraError with the code `usage` counts as wrong usage. A command that has told its failure in its own way sets
 * `process.exitCode`.
 */
export async function runProgram(program: Command, args: string[]): Promise<number> {
  const json = args.includes('--json')
  try {
    await program.parseAsync(args, { from: 'user' })
    return Number(process.exitCode ?? exitCodes.done)
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      if (thrown.exitCode === 0) return exitCodes.done
      if (json) printJson({ error: { code: 'usage', message: thrown.message } })
      return exitCodes.usage
    }
    const problem = problemOf(thrown)
    if (json) printJson({ error: problem })
    process.stderr.write(problemText(problem) + '\n')
    if (problem.code === 'internal' && thrown instanceof Error) process.stderr.write(`${thrown.stack}\n`)
    return exitCodeOf(problem)
  }
}

/** Prints a command's result for a program to read. */
export function printJson(value: unknown): void {
  process.stdout.write(JSON.stringify(value, null, 2) + '\n')
}
