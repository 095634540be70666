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

const meanOfKnown = (values: (number | null)[], digits = 3): string => {
  const known = values.filter((value): value is number => value !== null)
  return known.length > 0 ? mean(known).toFixed(digits) : '–'
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
      const { pearson, mae, rmse, psnr, ssim } = finding.maps[map]
      return [pearson, mae, rmse, psnr, ssim].map((value) => value?.toPrecision(5) ?? '')
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
        return [
          meanOfKnown(errors.map(({ pearson }) => pearson)),
          meanOfKnown(
            errors.map(({ mae }) => mae),
            2,
          ),
          meanOfKnown(
            errors.map(({ rmse }) => rmse),
            2,
          ),
          meanOfKnown(
            errors.map(({ psnr }) => psnr),
            1,
          ),
          meanOfKnown(errors.map(({ ssim }) => ssim)),
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
${noLesion(own)}`
}

/** Said below a table whose Dice coefficients are missing. */
function noLesion(findings: readonly Finding[]): string {
  const missing = {
    core: 'No Dice coefficient of the core: no patient has one in these slices, or no method gives a CBF map.',
    hypoperfused:
      'No Dice coefficient of hypoperfused tissue: no patient has any in these slices, or no method gives a Tmax map.',
  }
  return (['core', 'hypoperfused'] as const)
    .filter((lesion) => findings.every(({ dice }) => dice[lesion] === null))
    .map((lesion) => `\n${missing[lesion]}\n`)
    .join('')
}
