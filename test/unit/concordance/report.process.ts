import { existsSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import {
  agree,
  anyStructure,
  checkedDefinition,
  defaults,
  writeReport,
  type Agreement,
} from '../../../src-main/engine/concordance'

/** Writes the report of the readings in a folder, with one date, until it is done or killed; compares them once only. */
const [folder, out] = process.argv.slice(2)
const kept = join(folder, 'compared.v8')
const reading = (name: string) => ({ name, rater: name, source: '', directory: join(folder, name) })

async function compared(): Promise<Agreement> {
  if (existsSync(kept)) return deserialize(readFileSync(kept)) as Agreement
  const definition = checkedDefinition({
    title: 'Agreement of raters',
    readings: [reading('anna'), reading('ben'), reading('gt')],
    hasReference: true,
    structures: anyStructure,
    ...defaults,
    resamples: 50,
  })
  const made = await agree(definition, {}, new Date('2026-11-23T10:00:00Z'))
  writeFileSync(kept, serialize(made))
  return made
}

async function report(): Promise<void> {
  const made = await compared()
  writeSync(1, 'compared\n')
  await writeReport(made, out)
  writeSync(1, 'done\n')
}

report().catch((thrown: unknown) => {
  writeSync(1, `failed ${String(thrown)}\n`)
  process.exit(1)
})
