/** The part of a report that names what it compares. */
interface Named {
  readings: { name: string }[]
  structures: { name: string }[]
  pairs: { pair: string; first: string; second: string }[]
}

/** So many letters leave room for numbers in a table of twelve columns, and for a figure beside its title. */
const LONGEST = 24

/** Each name as it is where there is room for it; two that would be shortened alike get a number. */
function shortened(names: readonly string[]): Map<string, string> {
  const short = new Map<string, string>()
  const taken = new Set(names.filter(({ length }) => length <= LONGEST))
  for (const name of names) {
    if (name.length <= LONGEST || short.has(name)) continue
    const letters = [...name]
    for (let number = 1; !short.has(name); number++) {
      const end = number === 1 ? '…' : `… (${number})`
      const candidate =
        letters
          .slice(0, LONGEST - end.length)
          .join('')
          .trimEnd() + end
      if (!taken.has(candidate)) {
        taken.add(candidate)
        short.set(name, candidate)
      }
    }
  }
  return short
}

/**
 * The report with the names of readings and structures short enough for tables and figures, and sentences that say what
 * stands for what; a report whose names are short is left as it is.
 */
export function withShortNames<Report extends Named>(report: Report): { report: Report; notes: string[] } {
  const readings = shortened(report.readings.map(({ name }) => name))
  const structures = shortened(report.structures.map(({ name }) => name))
  if (readings.size + structures.size === 0) return { report, notes: [] }
  const names = new Map([...structures, ...readings])
  for (const { pair, first, second } of report.pairs) {
    names.set(pair, `${readings.get(first) ?? first}/${readings.get(second) ?? second}`)
  }
  const text = JSON.stringify(report)
  const renamed = JSON.parse(text, (_, value: unknown) =>
    typeof value === 'string' ? (names.get(value) ?? value) : value,
  ) as Report
  const notes = [...structures, ...readings].map(
    ([name, short]) => `In tables and figures, ${short} stands for ${name}.`,
  )
  return { report: renamed, notes }
}
