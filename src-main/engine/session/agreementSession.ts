import { randomUUID } from 'node:crypto'
import { isAbsolute } from 'node:path'
import { UmbraError, type Input, type Output } from '@contract'
import type { Run } from '../compute/run'
import {
  agree,
  agreeOn,
  checkedDefinition,
  definitionOfFolders,
  readDefinition,
  withReference,
  writeReport,
  type Agreement,
  type AgreementDefinition,
  type ComparedCase,
} from '../concordance'
import type { Params } from '../handlers'
import type { JobRequest } from '../jobs'
import type { SignedDrawings, SignedStudy } from '../reading'

/** Reports of the agreement of raters, kept until newer ones take their room. */
export interface AgreementSession {
  report(params: Params<'agreement.report'>): Omit<JobRequest<Output<'agreement.report'>>, 'method'>
  read(params: Input<'agreement.read'>): Output<'agreement.read'>
  compared(params: Input<'agreement.case'>): Output<'agreement.case'>
  export(params: Input<'agreement.export'>): Omit<JobRequest<Output<'agreement.export'>>, 'method'>
}

const REPORTS_KEPT = 4
/** Where no structure has a colour of its own: those of the figures. */
const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8c6d1f', '#332288']

interface KeptReport extends Agreement {
  of: Params<'agreement.report'>['of']
  colours: string[]
}

interface Choice {
  reference?: string | null
  resamples: number
  seed: number
}

export function createAgreementSession(signed: SignedDrawings): AgreementSession {
  const reports = new Map<string, KeptReport>()

  async function compare(
    { of, ...choice }: Params<'agreement.report'>,
    run: Run,
  ): Promise<Omit<KeptReport, 'of'>> {
    if (of.from === 'study') {
      const study = signed.study(of.session, of.studyId)
      const agreement = await compareSigned(study, choice, signed, run)
      signed.note(of.session, of.studyId, 'agreement.reported', {
        readings: study.readings.length,
        cases: agreement.report.cases.length,
        reference: agreement.report.reference !== null,
        seed: choice.seed,
      })
      return { ...agreement, colours: study.structures.map(({ colour }) => colour) }
    }
    const given = of.from === 'file' ? await readDefinition(of.path) : definitionOfFolders(of)
    const { reference, resamples, seed } = choice
    const chosen = reference === undefined ? given : withReference(given, reference)
    const agreement = await agree({ ...chosen, resamples, seed }, run)
    return { ...agreement, colours: given.structures.map((_, s) => palette[s % palette.length]) }
  }

  /** Whoever may not see a study's report any more does not get it from here either. */
  function kept(session: string | null, reportId: string): KeptReport {
    const found = reports.get(reportId)
    if (!found) {
      throw new UmbraError({
        code: 'report-gone',
        message: 'This report is not kept any more.',
        hint: 'Make it again.',
      })
    }
    if (found.of.from === 'study') signed.study(session ?? '', found.of.studyId)
    return found
  }

  return {
    report: (params) => {
      // Said at once, not by a job that fails.
      if (params.of.from === 'study') refuseTooFew(signed.study(params.of.session, params.of.studyId))
      if (params.of.from === 'folders') definitionOfFolders(params.of)
      return {
        title: 'Agreement of raters',
        work: async (run) => {
          const made = await compare(params, run)
          const reportId = randomUUID()
          reports.set(reportId, { ...made, of: params.of })
          for (const old of [...reports.keys()].slice(0, -REPORTS_KEPT)) reports.delete(old)
          return { reportId }
        },
      }
    },
    read: ({ session, reportId }) => {
      const { report, colours, of } = kept(session, reportId)
      return { report, colours, pictures: of.from === 'study' }
    },
    compared: ({ session, reportId, case: name, first, second }) => {
      const { report, of } = kept(session, reportId)
      if (of.from !== 'study') {
        throw new UmbraError({
          code: 'no-pictures',
          message: 'This report is of files: the scans that they were drawn on are not known.',
        })
      }
      const subject = report.cases.find((each) => each.name === name)
      const [one, other] = [first, second].map(
        (reading) => subject?.files[report.readings.findIndex((each) => each.name === reading)],
      )
      if (!one || !other) {
        throw new UmbraError({ code: 'unknown-study', message: 'There is no such pair of readings.' })
      }
      return signed.pair(session ?? '', of.studyId, one, other)
    },
    export: ({ session, reportId, directory }) => {
      if (!isAbsolute(directory)) {
        throw new UmbraError({
          code: 'invalid-path',
          message: 'The path of the folder must be whole, from its root.',
          where: directory,
        })
      }
      const { of, ...agreement } = kept(session, reportId)
      return {
        title: 'Export the agreement of raters',
        key: `agreement.export ${reportId} ${directory}`,
        work: async (run) => {
          const files = await writeReport(agreement, directory, run)
          if (of.from === 'study') {
            signed.note(session ?? '', of.studyId, 'agreement.exported', { files: files.length })
          }
          return { directory, files }
        },
      }
    },
  }
}

function refuseTooFew({ readings }: SignedStudy): void {
  if (readings.length > 1) return
  throw new UmbraError({
    code: 'nothing-signed',
    message: 'There is nothing to compare yet: readings by two raters must be signed.',
    hint: 'A reading counts once it is signed.',
  })
}

/** Compares what is signed in a reading study. Throws `nothing-signed`, `no-common-cases` and `usage`. */
export function compareSigned(
  study: SignedStudy,
  { reference, resamples, seed }: Choice,
  signed: Pick<SignedDrawings, 'drawing'>,
  run: Run = {},
): Promise<Agreement> {
  refuseTooFew(study)
  const definition: AgreementDefinition = {
    title: study.title,
    readings: study.readings.map(({ name, rater, source }) => ({ name, rater, source, directory: '' })),
    hasReference: false,
    structures: study.structures.map(({ name, label }) => ({ name, values: [label] })),
    resamples,
    seed,
    design: study.design,
  }
  const chosen = withReference(definition, reference === undefined ? study.reference : reference)
  const idsOf = new Map(study.readings.map(({ name, ids }) => [name, ids]))
  const cases = study.cases.flatMap((name, c): ComparedCase[] => {
    const files = chosen.readings.map((reading) => idsOf.get(reading.name)?.[c] ?? null)
    if (files.every((file) => file === null)) return []
    const drawings = (): ReturnType<ComparedCase['drawings']> =>
      files.map((id) => (id === null ? null : { ...signed.drawing(id), emptyBeyond: false, notes: [] }))
    return [{ name, files, drawings }]
  })
  return agreeOn(checkedDefinition(chosen), cases, [], run)
}
