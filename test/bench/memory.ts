import { readdirSync, readFileSync } from 'node:fs'

/** Memory in kilobytes that a process and all that it started hold now. */
export function residentKilobytes(root: number): number {
  const parents = new Map<number, { parent: number; resident: number }>()
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    try {
      const status = readFileSync(`/proc/${name}/status`, 'utf8')
      const field = (key: string): number =>
        Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
      parents.set(Number(name), { parent: field('PPid'), resident: field('VmRSS') })
    } catch {
      // It has ended in the meantime.
    }
  }
  const belongs = (pid: number): boolean =>
    pid === root || (parents.has(pid) && belongs(parents.get(pid)?.parent ?? 0))
  return [...parents].reduce((sum, [pid, { resident }]) => sum + (belongs(pid) ? resident : 0), 0)
}
