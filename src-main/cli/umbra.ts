#!/usr/bin/env node
import type { Command } from 'commander'
import { runProgram, umbraProgram } from './program'

const commands: Command[] = []

// A reader that closes the pipe early (`umbra info … | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

void runProgram(umbraProgram(__UMBRA_VERSION__, commands), process.argv.slice(2)).then((code) => {
  process.stdout.write('', () => process.exit(code))
})
