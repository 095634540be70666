import type { AgreementReport } from '@contract'
import type { Figure } from './chart'
import { diceFigure } from './dice'
import { blandAltmanFigure, scatterFigure } from './pairs'
import { volumesFigure } from './volumes'

export type { Figure } from './chart'
export { fileName } from './volumes'

/** Every figure of a report, in the order in which it shows them. */
export function figuresOf(report: AgreementReport): Figure[] {
  const structures = report.structures.map((_, s) => s)
  return [
    ...structures.map((s) => volumesFigure(report, s)),
    diceFigure(report),
    ...structures.map((s) => scatterFigure(report, s)),
    ...structures.map((s) => blandAltmanFigure(report, s)),
  ]
}
