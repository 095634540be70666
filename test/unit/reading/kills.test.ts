import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { checkAudit, openCaseStore } from '../../../src-main/engine/reading/store'
import { integrityFaults } from '../../../src-main/engine/reading/store/backup'
import { openRoom, paperProtocol, temporaryFolder } from './room'
import { drawnBy } from './strokes'

/** `UMBRA_KILLS=200 npx vitest run test/unit/reading/kills` is the long form. */
const KILLS = Number(process.env.UMBRA_KILLS ?? 20)
const LONGEST_MS = 1000

interface Killed {
  saved: number
  signed: number
  troubles: string[]
}

/** Draws in a process of its own and kills it (SIGKILL) at a random moment, from its opening of the store on. */
async function drawAndKill(args: string[]): Promise<Killed> {
  const child = spawn(
    process.execPath,
    [join(process.env.UMBRA_WORKERS as string, 'strokes.process.js'), ...args],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const closed = once(child, 'close')
  // Some are killed while they open the store and bring it in order after the one before.
  if (Math.random() < 0.8) await Promise.race([closed, once(child.stdout, 'data')])
  await Promise.race([closed, pause(Math.random() * LONGEST_MS)])
  child.kill('SIGKILL')
  await closed
  // The last line may be cut off.
  const lines = output.split('\n').slice(0, -1)
  const last = (word: string): number =>
    Math.max(0, ...lines.filter((line) => line.startsWith(word)).map((line) => Number(line.split(' ')[1])))
  const troubles = lines.filter((line) => /^(failed|notice)/.test(line))
  return { saved: last('saved'), signed: last('signed'), troubles }
}

it(
  `every stroke that was answered is there after ${KILLS} kills, and the store and its audit trail are whole`,
  async () => {
    const path = join(temporaryFolder(), 'studies.db')
    const { ask, signIn, room } = openRoom(path)
    const session = await signIn('Rater One')
    const protocol = paperProtocol({ assignments: [{ rater: 'r1', source: 'cnn', cases: ['a'] }] })
    const { studyId } = await ask('reading.create', { session, protocol })
    const [{ readingId }] = (await ask('reading.worklist', { session, studyId })).items
    // The processes go by the true time, this room by one that the session has not outlived.
    const until = new Date(Date.now() + 60 * 60 * 1000).toISOString()
    room.close()
    const prolong = openCaseStore(path, () => undefined)
    prolong.run('UPDATE session SET until = ?', until)
    prolong.close()

    let there = 0
    let drawn = 0
    for (let kill = 1; kill <= KILLS; kill++) {
      const { saved, signed, troubles } = await drawAndKill([path, session, readingId, String(there + 1)])
      expect(troubles, `kill ${kill}`).toEqual([])
      const answered = Math.max(there, saved)

      const store = openCaseStore(path, (warning) => expect.unreachable(warning.message))
      expect(integrityFaults(store)).toEqual([])
      expect(checkAudit(store)).toMatchObject({ whole: true, faults: [] })
      const counted = store.get<{ seconds: number }>('SELECT seconds FROM reading WHERE id = ?', readingId)
      const signatures = store.all<{ detail: string }>(
        "SELECT detail FROM audit WHERE action = 'reading.signed'",
      )
      store.close()
      // One more may have been written whose answer the kill cut off; never part of one, and never one less.
      there = counted?.seconds ?? 0
      expect([answered, answered + 1], `kill ${kill}`).toContain(there)
      if (signed > 0) {
        expect(signatures.map(({ detail }) => (JSON.parse(detail) as { seconds: number }).seconds)).toContain(
          signed,
        )
      }
      drawn = there
      if (kill % 10 === 0 || kill === KILLS) {
        const opened = await ask('reading.open', { session, readingId })
        const frames = [0, 1].map((frame) => room.readVoxels(opened.labelmap?.id as string, frame))
        expect(frames.every((frame, i) => Buffer.compare(frame, drawnBy(drawn)[i]) === 0)).toBe(true)
        room.close()
      }
    }
    expect(drawn).toBeGreaterThanOrEqual(KILLS)
    console.log(`${KILLS} kills, ${drawn} strokes`)
  },
  60_000 + KILLS * 5000,
)
