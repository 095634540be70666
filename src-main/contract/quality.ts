import { z } from 'zod'

export const qualityGrades = ['green', 'amber', 'red'] as const
export type QualityGrade = (typeof qualityGrades)[number]

/** What a study is judged by, in the order in which the lines are shown; the last only where a network has looked at it too. */
export const qualityChecks = [
  'arterialInput',
  'venousOutput',
  'bolus',
  'truncation',
  'timing',
  'noise',
  'motion',
  'coverage',
  'missingData',
  'clipping',
  'arterySide',
  'symmetry',
  'network',
] as const
export type QualityCheck = (typeof qualityChecks)[number]

/** What a remedy asks for that can be done here; the window has a button for each. */
export const qualityActions = [
  'chooseArtery',
  'chooseVein',
  'correctMotion',
  'showMotion',
  'setMotion',
  'chooseFilter',
  'chooseRule',
  'chooseSeries',
  'showNotes',
] as const
export type QualityAction = (typeof qualityActions)[number]

/** One traffic light: what was measured, what it means, and what can be done. */
export const qualityLineSchema = z.object({
  check: z.enum(qualityChecks),
  /** As a reader sees it: "Arterial input". */
  label: z.string(),
  grade: z.enum(qualityGrades),
  /** The figure the grade rests on, where there is one. */
  value: z.number().optional(),
  unit: z.string().optional(),
  reason: z.string(),
  /** What to do about it; empty for green. */
  remedy: z.string(),
  /** Of the remedy, what can be done with the study as it is; absent where only another scan or export helps. */
  actions: z.array(z.enum(qualityActions)).optional(),
  /** Criteria of adults are not to be concluded from; absent where they may. */
  adultsOnly: z.literal(true).optional(),
})
export type QualityLine = z.infer<typeof qualityLineSchema>

/** How far volumes computed from a study can be trusted. */
export const reliabilities = ['reliable', 'caution', 'notReliable'] as const
export type Reliability = (typeof reliabilities)[number]

/** A study is as good as its worst line. */
export function worstGrade(lines: readonly Pick<QualityLine, 'grade'>[]): QualityGrade {
  return lines.some(({ grade }) => grade === 'red')
    ? 'red'
    : lines.some(({ grade }) => grade === 'amber')
      ? 'amber'
      : 'green'
}

export function reliabilityOf(lines: readonly Pick<QualityLine, 'grade'>[]): Reliability {
  const worst = worstGrade(lines)
  return worst === 'red' ? 'notReliable' : worst === 'amber' ? 'caution' : 'reliable'
}

/** The sentence that stands before every volume and every map. */
export function qualityStatement(lines: readonly QualityLine[]): string {
  const named = (grade: QualityGrade): string =>
    lines
      .filter((line) => line.grade === grade)
      .map(({ label }) => label.toLowerCase())
      .join(', ')
  switch (reliabilityOf(lines)) {
    case 'notReliable':
      return `Not reliable: ${named('red')}. Do not rely on the maps or the volumes of this study.`
    case 'caution':
      return `To be read with caution: ${named('amber')}.`
    case 'reliable':
      return 'All checks of quality are passed.'
  }
}
