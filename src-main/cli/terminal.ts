import type { Problem } from '@contract'

/** Text that may come from a file, made safe for a terminal: control characters become �, so it cannot steer it. */
export function printable(text: string): string {
  return Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0
    return (code < 32 && code !== 10 && code !== 9) || (code >= 127 && code < 160) ? '\uFFFD' : character
  }).join('')
}

/** A problem as three short lines: what happened and where, then what to do. */
export function problemText(problem: Problem): string {
  const lines = [`umbra: ${problem.message}`]
  if (problem.where) lines.push(`  at:  ${problem.where}`)
  if (problem.hint) lines.push(`  try: ${problem.hint}`)
  return printable(lines.join('\n'))
}
