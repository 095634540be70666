import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { z } from 'zod'

const markSchema = z.object({ owner: z.string(), pid: z.number().int(), host: z.string() })
type Mark = z.output<typeof markSchema>

/** A mark that is not renewed this long was left by a program that is gone, ms. */
const GONE_AFTER = 60_000
const RENEW_EVERY = 10_000
/** Two programs that find one left mark both clear it; the one whose mark still stands after this has it, ms. */
const CONTESTED = 50

export interface SoleOwner {
  release(): Promise<void>
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The program whose mark stands; null where there is none, or the one that made it is gone. */
async function ownerOf(path: string): Promise<Mark | null> {
  try {
    const mark = markSchema.parse(JSON.parse(await readFile(path, 'utf8')))
    const age = Date.now() - (await stat(path)).mtimeMs
    if (age > GONE_AFTER || (mark.host === hostname() && !isAlive(mark.pid))) return null
    return mark
  } catch {
    return null
  }
}

/**
 * Makes this program the only one that works on something, for as long as a file marks it so; a mark that a killed
 * program left counts for nothing. Resolves to who else has it, in words, where it is taken. Throws what the file system
 * throws where the mark cannot be written.
 */
export async function becomeSoleOwner(path: string): Promise<SoleOwner | string> {
  const inWords = ({ pid, host }: Mark): string => `process ${pid} on ${host}`
  const other = await ownerOf(path)
  if (other) return inWords(other)
  const mark: Mark = { owner: randomUUID(), pid: process.pid, host: hostname() }
  await mkdir(dirname(path), { recursive: true })
  await rm(path, { force: true })
  try {
    const file = await open(path, 'wx')
    await file.writeFile(JSON.stringify(mark)).finally(() => file.close())
  } catch (thrown) {
    const winner = (thrown as NodeJS.ErrnoException).code === 'EEXIST' ? await ownerOf(path) : null
    if (winner) return inWords(winner)
    throw thrown
  }
  await new Promise((resolve) => setTimeout(resolve, CONTESTED))
  const winner = await ownerOf(path)
  if (winner?.owner !== mark.owner) return winner ? inWords(winner) : 'another process'
  const timer = setInterval(() => {
    const now = new Date()
    void utimes(path, now, now).catch(() => undefined)
  }, RENEW_EVERY)
  timer.unref()
  return {
    release: async () => {
      clearInterval(timer)
      if ((await ownerOf(path))?.owner === mark.owner) await rm(path, { force: true })
    },
  }
}
