import { command } from '../../../src-main/cli/commands/train'
import { runProgram, umbraProgram } from '../../../src-main/cli/program'

/** `umbra train …` as a program of its own, for a test that kills it. */
void runProgram(umbraProgram('0.0.0-test', [command()]), process.argv.slice(2)).then((code) =>
  process.exit(code),
)
