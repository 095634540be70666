import { benchLoad } from './load'
import { benchPerfusion } from './perfusion'
import { benchTable, type BenchRow } from './row'

/** `npm run bench [-- load|perfusion]`: ours against peers and limits, as ratios from one run on this machine. */
const parts: Record<string, () => Promise<BenchRow[]>> = {
  load: benchLoad,
  perfusion: benchPerfusion,
}

async function main(): Promise<void> {
  const wanted = process.argv.slice(2).filter((name) => name in parts)
  const rows: BenchRow[] = []
  for (const name of wanted.length > 0 ? wanted : Object.keys(parts)) {
    process.stderr.write(`${name} …\n`)
    rows.push(...(await parts[name]()))
  }
  console.log(benchTable(rows))
  process.exit(0)
}

void main()
