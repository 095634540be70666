import {
  coreWords,
  hypoperfusionWords,
  qualityStatement,
  type QualityLine,
  type Reliability,
  type TissueAtRisk,
} from '@contract'
import type { PerfusionMaps } from '../../perfusion'
import type { VolumeSeries } from '../../volume'
import { methodNames } from '../words'

/** What the one page says, for screen, PDF and DICOM alike. */
export interface OnePageContent {
  title: string
  /** Series and study date; method. */
  subtitle: string
  method: string
  reliability: Reliability
  verdict: string
  figures: { label: string; value: string; unit: string; note: string }[]
  steps: { head: string[]; rows: string[][] }
  statements: string[]
  quality: QualityLine[]
  created: string
}

const ml = (volume: number): string => volume.toFixed(volume < 9.95 ? 1 : 0)
const share = (value: number | null): string => (value === null ? '–' : value.toFixed(2))

const metWords = (met: boolean | null): string =>
  met === null ? 'not told' : met ? 'criteria met' : 'not met'

export function onePageContent(
  series: VolumeSeries,
  result: PerfusionMaps,
  found: TissueAtRisk,
  quality: readonly QualityLine[],
  created: Date,
): OnePageContent {
  const { rule, steps, targetMismatch } = found
  const date = /^(\d{4})(\d{2})(\d{2})$/.exec(series.source.studyDate)
  return {
    title: 'Tissue at risk',
    subtitle: [
      series.description || 'Perfusion series',
      ...(date ? [`study of ${date.slice(1).join('-')}`] : []),
    ].join(' · '),
    method: methodNames[result.method],
    reliability: found.reliability,
    verdict: qualityStatement(quality),
    figures: [
      { label: 'Core', value: ml(found.coreMl), unit: 'ml', note: coreWords(rule) },
      {
        label: 'Hypoperfusion',
        value: ml(found.hypoperfusionMl),
        unit: 'ml',
        note: hypoperfusionWords(rule),
      },
      { label: 'Mismatch', value: ml(found.mismatchMl), unit: 'ml', note: 'hypoperfusion less core' },
      {
        label: 'Ratio',
        value: found.mismatchRatio === null ? '–' : found.mismatchRatio.toFixed(1),
        unit: '',
        note: `target mismatch: ${metWords(targetMismatch.met)}`,
      },
    ],
    steps: {
      head: ['Tmax', 'ml', 'CBF', 'ml', 'Index', ''],
      rows: steps.tmax.map((late, i) => [
        `> ${late.threshold} s`,
        ml(late.ml),
        `< ${steps.cbf[i].threshold} %`,
        ml(steps.cbf[i].ml),
        ['Hypoperfusion index', 'CBV index', 'Reference CBF', 'Reference side'][i],
        [
          share(found.hypoperfusionIndex),
          share(found.cbvIndex),
          found.referenceCbf === null ? '–' : found.referenceCbf.toFixed(1),
          found.referenceSide,
        ][i],
      ]),
    },
    statements: found.statements.filter((statement) => statement !== qualityStatement(quality)),
    quality: [...quality],
    created: created.toISOString().slice(0, 10),
  }
}
