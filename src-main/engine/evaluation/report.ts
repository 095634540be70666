import type { MapsMethod } from '@contract'
import { experiments, type ExperimentName } from './experiments'
import { judgedMaps, type Finding } from './evaluate'

const methodNames: Record<MapsMethod, string> = {
  cnn: 'CNN',
  bennink: 'box regression',
  ssvd: 'sSVD',
  csvd: 'cSVD',
  osvd: 'oSVD',
}

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

const meanOfKnown = (values: (number | null)[]): string => {
  const known = values.filter((value): value is number => value !== null)
  return known.length > 0 ? mean(known).toFixed(3) : '–'
}

/** A finding a line, for any spreadsheet. */
export function findingsCsv(findings: readonly Finding[]): string {
  const measures = ['r', 'mae', 'rmse', 'psnr', 'ssim']
  const head = [
    'experiment,condition,method,patient',
    ...judgedMaps.flatMap((map) => measures.map((measure) => `${map}_${measure}`)),
    'dice_core,dice_hypoperfused,seconds',
  ].join(',')
  const rows = findings.map((finding) => {
    const errors = judgedMaps.flatMap((map) => {
      const error = finding.maps[map]
      return [
        error.correlation,
        error.meanAbsolute,
        error.rootMeanSquare,
        error.peakSignalToNoise,
        error.structuralSimilarity,
      ].map((value) => value.toPrecision(5))
    })
    const { experiment, condition, method, patient, dice, seconds } = finding
    return [
      experiment,
      condition,
      method,
      patient + 1,
      ...errors,
      dice.core ?? '',
      dice.hypoperfused ?? '',
      seconds.toFixed(2),
    ].join(',')
  })
  return [head, ...rows].join('\n') + '\n'
}

/** Tables in Markdown, one an experiment: means over the patients, every method under every condition. */
export function findingsTables(findings: readonly Finding[]): string {
  const names = [...new Set(findings.map(({ experiment }) => experiment))]
  return names.map((name) => experimentTable(name, findings)).join('\n')
}

function experimentTable(experiment: ExperimentName, findings: readonly Finding[]): string {
  const { title, conditions } = experiments[experiment]
  const own = findings.filter((finding) => finding.experiment === experiment)
  const methods = [...new Set(own.map(({ method }) => method))]
  const lines = conditions.flatMap(({ label }) =>
    methods.map((method) => {
      const cases = own.filter((finding) => finding.condition === label && finding.method === method)
      if (cases.length === 0) return null
      const perMap = judgedMaps.map((map) => {
        const errors = cases.map(({ maps }) => maps[map])
        const of = (pick: (error: (typeof errors)[number]) => number, digits: number): string =>
          mean(errors.map(pick)).toFixed(digits)
        return [
          of((error) => error.correlation, 3),
          of((error) => error.meanAbsolute, 2),
          of((error) => error.rootMeanSquare, 2),
          of((error) => error.peakSignalToNoise, 1),
          of((error) => error.structuralSimilarity, 3),
        ].join(' / ')
      })
      const dice = [
        meanOfKnown(cases.map(({ dice }) => dice.core)),
        meanOfKnown(cases.map(({ dice }) => dice.hypoperfused)),
      ]
      return `| ${[label, methodNames[method], ...perMap, ...dice].join(' | ')} |`
    }),
  )
  return `## ${title}

| | | ${judgedMaps.map((map) => `${map.toUpperCase()} r / MAE / RMSE / PSNR / SSIM`).join(' | ')} | Dice core | Dice hypoperfused |
| --- | --- | ${judgedMaps.map(() => '---').join(' | ')} | --- | --- |
${lines.filter((line) => line !== null).join('\n')}
`
}
