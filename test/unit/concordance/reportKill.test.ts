import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { draw } from './drawings'

/** `UMBRA_KILLS=200 npx vitest run test/unit/concordance/reportKill` is the long form. */
const KILLS = Number(process.env.UMBRA_KILLS ?? 2)

/**
 * Reports in a process of its own; killed so many milliseconds after it compared the readings and began to write, or left
 * to end. What it said, and how long it wrote (ms).
 */
async function report(
  folder: string,
  out: string,
  after: number | null,
): Promise<{ output: string; writing: number }> {
  const program = join(process.env.UMBRA_WORKERS as string, 'report.process.js')
  const child = spawn(process.execPath, [program, folder, out], { stdio: ['ignore', 'pipe', 'ignore'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const closed = once(child, 'close')
  await Promise.race([closed, once(child.stdout, 'data')])
  const compared = Date.now()
  if (after !== null) {
    await Promise.race([closed, pause(after)])
    child.kill('SIGKILL')
  }
  await closed
  return { output, writing: Date.now() - compared }
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { recursive: true }) as string[]
  return names.filter((name) => statSync(join(folder, name)).isFile()).sort()
}

it.runIf(process.env.UMBRA_LONG)(
  `a report that was killed ${KILLS} times holds only whole files, and the next one is complete`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'umbra-report-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    for (const [who, shift] of [
      ['gt', 0],
      ['anna', 1],
      ['ben', 2],
    ] as const) {
      for (const [name, width] of [
        ['p1', 10],
        ['p2', 8],
        ['p3', 6],
        ['p4', 12],
      ] as const) {
        await draw(join(folder, who), `${name}.nii.gz`, [{ label: 1, x: 5 + shift, width }])
      }
    }
    const whole = join(folder, 'whole')
    const { output, writing } = await report(folder, whole, null)
    expect(output).toBe('compared\ndone\n')
    const names = filesIn(whole)
    expect(names).toEqual(expect.arrayContaining(['report.json', 'report.html', 'report.pdf', 'cases.csv']))

    const out = join(folder, 'killed')
    let unfinished = 0
    for (let kill = 1; kill <= KILLS; kill++) {
      const killed = await report(folder, out, 0.7 * Math.random() * writing)
      if (!killed.output.includes('done')) unfinished++
      if (kill % 20 === 0) console.info(`${kill} kills, ${unfinished} of them while it wrote`)
      // What is half written has another name until it is whole.
      for (const name of filesIn(out).filter((each) => names.includes(each))) {
        expect(
          readFileSync(join(out, name)).equals(readFileSync(join(whole, name))),
          `${kill}: ${name}`,
        ).toBe(true)
      }
    }
    // Kills must come while it writes, or they show nothing.
    expect(unfinished).toBeGreaterThanOrEqual(Math.floor(KILLS / 4))
    expect((await report(folder, out, null)).output).toBe('compared\ndone\n')
    for (const name of names) {
      expect(readFileSync(join(out, name)).equals(readFileSync(join(whole, name))), name).toBe(true)
    }
  },
  60_000 + KILLS * 20_000,
)
