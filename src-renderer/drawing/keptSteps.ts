import { z } from 'zod'
import type { Drawing } from './drawing'
import { History, type Step } from './runs'

const whole = z.number().int().min(0).max(0xffffffff)
const stepsSchema = z.array(
  z.object({ title: z.string(), runs: z.array(whole).refine(({ length }) => length % 2 === 0) }),
)
const textSchema = z.object({
  version: z.literal(1),
  reading: z.string(),
  print: z.number(),
  done: stepsSchema,
  undone: stepsSchema,
})

/** Characters of a text; the oldest steps that do not fit are left out. */
const LONGEST = 1_500_000

interface Kept {
  reading: string
  print: number
  history: History
}

/** A number that the same voxels give again and others hardly ever: FNV-1a over the places of those inside. */
export function printOf(voxels: Uint8Array): number {
  let print = 0x811c9dc5
  for (let at = 0; at < voxels.length; at++) {
    if (voxels[at] !== 0) print = Math.imul(print ^ at, 0x01000193)
  }
  return print >>> 0
}

const plain = ({ title, runs }: Step): z.infer<typeof stepsSchema>[number] => ({
  title,
  runs: [...runs.starts, ...runs.lengths],
})

function stepOf({ title, runs }: z.infer<typeof stepsSchema>[number]): Step {
  const half = runs.length / 2
  return {
    title,
    runs: { starts: Uint32Array.from(runs.slice(0, half)), lengths: Uint32Array.from(runs.slice(half)) },
  }
}

/**
 * What can be undone and redone in the reading that was open last, kept while it is not. A step turns voxels, so it is
 * right for the voxels it was left with only: where others were saved meanwhile, nothing is given back.
 */
export class KeptSteps {
  private kept: Kept | null = null

  /** A step that was not ended is, so that it can be taken back too. */
  keep(reading: string, drawing: Drawing): void {
    drawing.commit('Unfinished stroke')
    this.kept = { reading, print: printOf(drawing.labels.voxels), history: drawing.history }
  }

  /** Undefined where nothing is known of this reading as it is now. */
  of(reading: string, voxels: Uint8Array): History | undefined {
    const { kept } = this
    return kept?.reading === reading && kept.print === printOf(voxels) ? kept.history : undefined
  }

  forget(): void {
    this.kept = null
  }

  /** For a window that is loaded again; null where nothing is kept. */
  toText(): string | null {
    if (this.kept === null) return null
    const { reading, print, history } = this.kept
    const undone = history.undone.map(plain)
    let left = LONGEST - JSON.stringify(undone).length
    const done: ReturnType<typeof plain>[] = []
    for (const step of [...history.done].reverse()) {
      const each = plain(step)
      left -= JSON.stringify(each).length
      if (left < 0) break
      done.unshift(each)
    }
    return JSON.stringify({
      version: 1,
      reading,
      print,
      done,
      undone: left < 0 && done.length === 0 ? [] : undone,
    })
  }

  /** A text that is damaged, or of another version, gives nothing. */
  readText(text: string | null): void {
    try {
      const { reading, print, done, undone } = textSchema.parse(JSON.parse(text ?? ''))
      this.kept = { reading, print, history: History.of(done.map(stepOf), undone.map(stepOf)) }
    } catch {
      this.kept = null
    }
  }
}
