#!/usr/bin/env node
import { command as agree } from './commands/agree'
import { command as doctor } from './commands/doctor'
import { command as evaluate } from './commands/evaluate'
import { command as exportModel } from './commands/exportModel'
import { command as info } from './commands/info'
import { command as maps } from './commands/maps'
import { command as phantom } from './commands/phantom'
import { command as predict } from './commands/predict'
import { command as reading } from './commands/reading'
import { command as run } from './commands/run'
import { command as serve } from './commands/serve'
import { command as train } from './commands/train'
import { runProgram, umbraProgram } from './program'

const commands = [
  info(),
  run(),
  maps(),
  phantom(),
  predict(),
  serve(),
  train(),
  evaluate(),
  exportModel(),
  agree(),
  reading(),
  doctor(),
]

// A reader that closes the pipe early (`umbra info … | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

void runProgram(umbraProgram(__UMBRA_VERSION__, commands), process.argv.slice(2)).then((code) => {
  process.stdout.write('', () => process.exit(code))
})
