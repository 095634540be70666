import { writeSync } from 'node:fs'
import { join } from 'node:path'
import {
  agree,
  anyStructure,
  checkedDefinition,
  defaults,
  writeReport,
} from '../../../src-main/engine/concordance'

/** Writes the report of the readings in a folder, with one date, until it is done or killed. */
const [folder, out] = process.argv.slice(2)
const reading = (name: string) => ({ name, rater: name, source: '', directory: join(folder, name) })

async function report(): Promise<void> {
  const definition = checkedDefinition({
    title: 'Agreement of raters',
    readings: [reading('anna'), reading('ben'), reading('gt')],
    hasReference: true,
    structures: anyStructure,
    ...defaults,
    resamples: 50,
  })
  const made = await agree(definition, {}, new Date('2026-11-23T10:00:00Z'))
  writeSync(1, 'compared\n')
  await writeReport(made, out)
  writeSync(1, 'done\n')
}

report().catch((thrown: unknown) => {
  writeSync(1, `failed ${String(thrown)}\n`)
  process.exit(1)
})
