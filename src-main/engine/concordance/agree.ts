import { join } from 'node:path'
import { UmbraError, type AgreementReport, type Problem } from '@contract'
import { openPool } from '../compute/pool'
import { stopIfCancelled, type Run } from '../compute/run'
import type { StructureMap } from '../segmentation'
import type { CaseFindings, CaseTask } from './compareCase'
import type { CaseOutcome } from './concordance.worker'
import type { ConsensusMap } from './consensus'
import { refuseReserved, type AgreementDefinition } from './definition'
import { findCases, type FoundCase } from './findCases'
import { pairsOf } from './pairs'
import { agreementReport } from './report'

/** A case, and what each reading drew of it. */
export interface ComparedCase extends FoundCase {
  /** Paths of files, or the drawings themselves, fetched when their turn comes; null as in `files`. [reading] */
  drawings(): (string | StructureMap | null)[]
}

/** A report, and the consensus of the raters that is written beside it. */
export interface Agreement {
  report: AgreementReport
  /** Of those cases that at least two raters read. */
  consensus: { case: string; structure: string; map: ConsensusMap }[]
}

/**
 * Compares the folders of a study, case by case in workers, and reports. Cases that some reading lacks are compared
 * among the others and listed. Throws the first problem of a file that cannot be used, with how many more there are, and
 * `no-common-cases` where no two readings share one.
 */
export async function agree(
  definition: AgreementDefinition,
  run: Run = {},
  created = new Date(),
): Promise<Agreement> {
  const { readings } = definition
  run.onProgress?.(0, 'Looking for cases')
  const { cases, notes } = await findCases(readings)
  const found = cases.map(({ name, files }): ComparedCase => ({
    name,
    files,
    drawings: () => files.map((file, r) => (file === null ? null : join(readings[r].directory, file))),
  }))
  return agreeOn(definition, found, notes, run, created)
}

/** The same of cases that are known already. `notes` are those of finding them. */
export async function agreeOn(
  definition: AgreementDefinition,
  cases: readonly ComparedCase[],
  notes: readonly string[],
  run: Run = {},
  created = new Date(),
): Promise<Agreement> {
  const { readings, hasReference, structures } = definition
  refuseReserved(
    'A case',
    cases.map(({ name }) => name),
  )
  const compared = cases.filter(({ files }) => files.filter((file) => file !== null).length > 1)
  const alone = cases.filter((found) => !compared.includes(found))
  if (compared.length === 0) {
    throw new UmbraError({
      code: 'no-common-cases',
      message: `No two readings have a case in common: ${examples(readings, cases)}.`,
      hint: 'Name the files of a case alike in each folder.',
    })
  }
  const pairs = pairsOf(readings, hasReference)
  const taskOf = ({ name, drawings }: ComparedCase): CaseTask => ({
    name,
    drawings: drawings(),
    names: readings.map((reading) => reading.name),
    structures,
    pairs: pairs.map(({ name: pair, first, second }) => ({ name: pair, first, second })),
    reference: hasReference ? readings.length - 1 : null,
  })
  const findings = await compareAll(compared, taskOf, run)
  run.onProgress?.(0.95, 'Statistics')
  const left = alone.map(({ name, files }) => {
    const owner = files.findIndex((file) => file !== null)
    return `${name}: only ${readings[owner].name} has this case; it was left out.`
  })
  return {
    report: agreementReport(
      definition,
      pairs,
      compared,
      findings,
      [...notes, ...left, ...undrawn(structures, findings)],
      created,
    ),
    consensus: findings.flatMap(({ name, consensusMaps }) =>
      consensusMaps.flatMap((map, s) => (map ? [{ case: name, structure: structures[s].name, map }] : [])),
    ),
  }
}

/** Structures that nobody drew: all normals, or a label that the drawings do not use. */
function undrawn(structures: AgreementDefinition['structures'], findings: readonly CaseFindings[]): string[] {
  return structures.flatMap(({ name, values }, s) => {
    const drawn = findings.some(({ volumesMl }) =>
      volumesMl[s].some((volume) => volume !== null && volume > 0),
    )
    if (drawn) return []
    return [`${name}: nobody drew it in any case${values ? ` (label ${values.join(' or ')})` : ''}.`]
  })
}

async function compareAll(
  cases: readonly ComparedCase[],
  taskOf: (compared: ComparedCase) => CaseTask,
  run: Run,
): Promise<CaseFindings[]> {
  const pool = openPool('concordance')
  const findings = new Array<CaseFindings>(cases.length)
  const problems: (Problem | undefined)[] = new Array<Problem | undefined>(cases.length)
  let [next, done] = [0, 0]
  const work = async (): Promise<void> => {
    for (let c = next++; c < cases.length; c = next++) {
      stopIfCancelled(run)
      const outcome = await pool.call<CaseOutcome>('compare', taskOf(cases[c]))
      if ('findings' in outcome) findings[c] = outcome.findings
      else problems[c] = outcome.problem
      // Jobs are seen in every window: a case's name is nobody's business there.
      run.onProgress?.((0.95 * ++done) / cases.length, `Case ${done} of ${cases.length} compared`)
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(pool.size, cases.length) }, work))
  } finally {
    await pool.close()
  }
  const all = problems.filter((problem): problem is Problem => problem !== undefined)
  if (all.length > 0) throw firstOf(all)
  return findings
}

/** The first problem, with the files of the others. */
function firstOf([first, ...others]: Problem[]): UmbraError {
  const places = others.slice(0, 5).map(({ where, message }) => `${where ?? ''}: ${message}`)
  const more = others.length > 0 ? ` ${others.length} more cannot be used: ${places.join(' ')}` : ''
  return new UmbraError({ ...first, message: first.message + more })
}

function examples(readings: AgreementDefinition['readings'], cases: readonly FoundCase[]): string {
  return readings
    .map(({ name }, r) => {
      const own = cases.filter(({ files }) => files[r] !== null)
      return `${name} has ${own
        .slice(0, 2)
        .map((found) => found.name)
        .join(', ')}${own.length > 2 ? ', …' : ''}`
    })
    .join('; ')
}
