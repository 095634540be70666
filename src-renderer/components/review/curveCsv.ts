import type { CurveSample, VascularInput } from '@contract'

interface Row {
  curve: string
  time: number
  value: number
  deviation: number | null
  unit: string
}

/**
 * Time curves as a tidy table, one sample a row: curve, time_s, value, deviation, unit. The sample and its fit are in
 * the unit of the series, the fit with the baseline added; the vascular curves are enhancements above theirs.
 */
export function curveCsv(
  sample: CurveSample | null,
  aif: VascularInput | null,
  vof: VascularInput | null,
  unit: string,
): string {
  const rows: Row[] = []
  sample?.times.forEach((time, i) => {
    rows.push({ curve: 'sample', time, value: sample.values[i], deviation: sample.deviation[i], unit })
  })
  sample?.fittedTimes?.forEach((time, i) => {
    const value = (sample.fitted?.[i] ?? 0) + sample.baseline
    rows.push({ curve: 'fitted', time, value, deviation: null, unit })
  })
  const vessels: [string, VascularInput | null][] = [
    ['aif', aif],
    ['vof', vof],
  ]
  for (const [curve, input] of vessels) {
    input?.times.forEach((time, i) => {
      rows.push({ curve, time, value: input.curve[i], deviation: null, unit: `Δ${unit}` })
    })
  }
  const number = (value: number): string => String(Number(value.toPrecision(9)))
  const lines = rows.map(({ curve, time, value, deviation, unit: of }) =>
    [curve, number(time), number(value), deviation === null ? '' : number(deviation), quoted(of)].join(','),
  )
  return `${['curve,time_s,value,deviation,unit', ...lines].join('\r\n')}\r\n`
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
