import type { QualityAction, QualityCheck, QualityGrade, QualityLine } from '@contract'

export const labels: Record<QualityCheck, string> = {
  arterialInput: 'Arterial input',
  venousOutput: 'Venous output',
  bolus: 'Bolus',
  truncation: 'Truncation',
  timing: 'Timing',
  noise: 'Noise',
  motion: 'Motion',
  coverage: 'Coverage',
  missingData: 'Missing data',
  clipping: 'Clipping and metal',
  arterySide: 'Side of the artery',
  symmetry: 'Symmetry',
  network: 'Network',
}

/** A finding: the worst one of a check makes its grade, and all that are not green are told, the worst first. */
export interface Finding {
  grade: QualityGrade
  reason: string
  remedy?: string
  actions?: QualityAction[]
  adultsOnly?: true
}

const severity: Record<QualityGrade, number> = { green: 0, amber: 1, red: 2 }

/** The line of a check from what was found; `usual` is said where nothing was. */
export function lineOf(
  check: QualityCheck,
  findings: readonly Finding[],
  usual: string,
  figure?: { value: number; unit: string },
): QualityLine {
  const bad = findings
    .filter(({ grade }) => grade !== 'green')
    .sort((one, other) => severity[other.grade] - severity[one.grade])
  const told = bad.length > 0 ? bad.map(({ reason }) => reason).join(' ') : usual
  const remedies = [...new Set(bad.flatMap(({ remedy }) => (remedy ? [remedy] : [])))]
  const actions = [...new Set(bad.flatMap((finding) => finding.actions ?? []))]
  return {
    check,
    label: labels[check],
    grade: bad[0]?.grade ?? 'green',
    ...(figure && Number.isFinite(figure.value) ? { ...figure, value: rounded(figure.value) } : {}),
    reason: told,
    remedy: remedies.join(' '),
    ...(actions.length > 0 ? { actions } : {}),
    ...(bad.some(({ adultsOnly }) => adultsOnly) ? { adultsOnly: true } : {}),
  }
}

/** To a thousandth: finer than any of the figures is measured. */
const rounded = (value: number): number => Math.round(1000 * value) / 1000

/** Red from one limit on, amber from another, green below both. */
export function graded(value: number, amber: number, red: number): QualityGrade {
  return value >= red ? 'red' : value >= amber ? 'amber' : 'green'
}
