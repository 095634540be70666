/** One measured comparison. `ours` and `peer` carry the unit that `name` ends with; the ratio is ours / peer. */
export interface BenchRow {
  name: string
  ours: number
  peer: number | null
  /** What `peer` is: another program, the same bytes read plainly, or null where only a limit is set. */
  peerName: string | null
  /** The limit from the goals: on the ratio where there is a peer, on `ours` where there is none. */
  limit: number | null
}

/** A Markdown table of the rows, the same in the terminal and in the docs. */
export function benchTable(rows: BenchRow[]): string {
  const short = (value: number | null): string => (value === null ? '' : String(Number(value.toPrecision(3))))
  const lines = rows.map(({ name, ours, peer, peerName, limit }) => {
    const measure = peer === null ? ours : ours / peer
    const verdict = limit === null ? '' : measure <= limit ? 'kept' : 'missed'
    return `| ${name} | ${short(ours)} | ${peerName ?? ''} | ${short(peer)} | ${peer === null ? '' : short(measure)} | ${short(limit)} | ${verdict} |`
  })
  return [
    '| measured | ours | peer | peer’s | ratio | limit | |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n')
}
