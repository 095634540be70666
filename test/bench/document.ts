import { cpus } from 'node:os'
import { format, resolveConfig } from 'prettier'
import { benchTable, type BenchRow } from './row'

/** A part of the bench as it stands in docs/benchmarks.md. */
export interface BenchSection {
  title: string
  /** What is measured, and how. */
  text: string
}

const introduction = `# Speed

Written by \`npm run bench -- --write\`; \`npm run bench -- PART --write\` measures one part anew and leaves the others as they
were. A part is one run on one machine, the shortest of several tries where the work is short. "ratio" is ours divided by the
peer's; "limit" is the goal, on the ratio where there is a peer and on our own figure where there is none. Peers that are not
installed are left out.`

/**
 * docs/benchmarks.md with the parts that were measured, and what \`before\` holds of the others; parts that neither has are
 * left out. A part ends where the next heading of the second level begins.
 */
export async function benchDocument(
  before: string,
  sections: Record<string, BenchSection>,
  measured: Record<string, BenchRow[]>,
  path: string,
): Promise<string> {
  const known = new Map(before.split(/^(?=## )/m).map((text) => [text.split('\n', 1)[0], text.trim()]))
  const on = `${cpus().length} × ${cpus()[0].model.trim()}, Node ${process.version}`
  const parts = Object.entries(sections).flatMap(([name, { title, text }]) => {
    const heading = `## ${title}`
    const rows = measured[name]
    if (!rows) return known.get(heading) ?? []
    return [heading, `\`npm run bench -- ${name}\`, on ${on}. ${text}`, benchTable(rows)].join('\n\n')
  })
  const config = await resolveConfig(path)
  return format([introduction, ...parts].join('\n\n'), { ...config, filepath: path })
}
