import { Command } from 'commander'
import { dataDirectory } from '../../engine/cases/dataDirectory'
import type { Check } from '../checks/check'
import { machineChecks } from '../checks/machine'
import { partChecks } from '../checks/parts'
import { windowChecks } from '../checks/window'
import { exitCodes, printJson } from '../program'
import { printable } from '../terminal'

const signs: Record<Check['state'], string> = { ok: 'ok', missing: 'MISSING', poor: 'poor', later: '–' }

function line(check: Check): string {
  const first = `${signs[check.state].padEnd(8)} ${check.name.padEnd(20)} ${check.detail}`
  return printable(check.remedy ? `${first}\n${' '.repeat(30)}→ ${check.remedy}` : first)
}

async function examine(options: { json?: boolean }): Promise<void> {
  const machine = await machineChecks(dataDirectory())
  const checks = [...machine, ...windowChecks(), ...(await partChecks())]
  const lacking = checks.filter(({ required, state }) => required && state !== 'ok')
  if (options.json) printJson({ version: __UMBRA_VERSION__, ok: lacking.length === 0, checks })
  else process.stdout.write(`Umbra ${__UMBRA_VERSION__}\n${checks.map(line).join('\n')}\n`)
  if (lacking.length === 0) return
  process.exitCode = exitCodes.failed
  process.stderr.write(`Umbra cannot do its work here: ${lacking.map(({ name }) => name).join(', ')}.\n`)
}

/** `umbra doctor`: what this machine offers, what is missing, and the remedy. */
export function command(): Command {
  return new Command('doctor')
    .description('what this machine offers and what is missing, with the remedy')
    .option('--json', 'print the result as JSON')
    .action(examine)
}
