import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import type { OpenReading } from '@contract'
import { checkAudit, openCaseStore } from '../../../src-main/engine/reading/store'
import { integrityFaults } from '../../../src-main/engine/reading/store/backup'
import { Rater, serveData, type Served } from './rater'
import { paperProtocol, temporaryFolder } from './room'

/** `UMBRA_KILLS=200 npx vitest run test/unit/reading/drawingKills` is the long form. */
const KILLS = Number(process.env.UMBRA_KILLS ?? 5)
const LONGEST_MS = 700
const PIN = '2468'

async function storedVoxels({ client }: Served, { labelmap }: OpenReading): Promise<Uint8Array | null> {
  if (labelmap === null) return null
  const layers = await Promise.all([0, 1].map((layer) => client.readVoxels(labelmap, layer)))
  const voxels = new Uint8Array(2 * layers[0].length)
  layers.forEach((layer, index) => voxels.set(layer, index * layer.length))
  return voxels
}

/** Opens the reading; one that was killed between signing and opening again is opened with a reason. */
async function openReading(served: Served, session: string, readingId: string): Promise<OpenReading> {
  const opened = await served.client.call('reading.open', { session, readingId, takeOver: false })
  if (opened.readOnly?.reason !== 'signed') return opened
  await served.client.call('reading.reopen', { session, readingId, reason: 'go on' })
  return openReading(served, session, readingId)
}

/** Draws and saves until the engine is gone; signs and reopens after every fifth save. Throws what is no loss. */
async function drawOn(rater: Rater, served: Served, session: string, opened: OpenReading): Promise<void> {
  let open = opened
  const { readingId } = opened
  try {
    for (let saves = 1; ; saves++) {
      rater.act()
      await rater.save(served, open)
      if (saves % 5 !== 0) continue
      await served.client.call('reading.sign', { lease: open.lease as string, pin: PIN, seconds: 1 })
      open = await openReading(served, session, readingId)
    }
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'engine-lost' })
  }
}

it(
  `every stroke that was acknowledged to a window is there after ${KILLS} kills of the engine it drew through`,
  async () => {
    const folder = temporaryFolder()
    let served = await serveData(folder)
    onTestFinished(() => served.kill())
    const { session } = await served.client.call('reading.signIn', {
      name: 'Rater One',
      pin: PIN,
      first: true,
    })
    const protocol = paperProtocol({ assignments: [{ rater: 'r1', source: 'cnn', cases: ['a'] }] })
    const { studyId } = await served.client.call('reading.create', { session, protocol })
    const { items } = await served.client.call('reading.worklist', { session, studyId })
    const [{ readingId }] = items

    const rater = new Rater(KILLS)
    let signatures = 0
    for (let kill = 1; kill <= KILLS; kill++) {
      const opened = await openReading(served, session, readingId)
      const stored = await storedVoxels(served, opened)
      if (stored !== null) {
        expect(
          rater.possible.some((voxels) => Buffer.compare(voxels, stored) === 0),
          `kill ${kill}: the store holds what was acknowledged, or that and the save under way`,
        ).toBe(true)
        rater.found(stored)
      } else expect(rater.acknowledged.includes(1)).toBe(false)
      const ended = drawOn(rater, served, session, opened)
      await pause(Math.random() * LONGEST_MS)
      served.host.kill('SIGKILL')
      await ended
      await served.kill()

      const store = openCaseStore(join(folder, 'reading', 'studies.db'), (warning) =>
        expect.unreachable(warning.message),
      )
      expect(integrityFaults(store)).toEqual([])
      expect(checkAudit(store)).toMatchObject({ whole: true, faults: [] })
      signatures = store.all("SELECT 1 FROM audit WHERE action = 'reading.signed'").length
      store.close()
      served = await serveData(folder)
    }
    // The window still has what was under way when the engine went; when it is back, that is saved too.
    const opened = await openReading(served, session, readingId)
    rater.found((await storedVoxels(served, opened)) ?? rater.acknowledged)
    await rater.save(served, opened)
    const last = await openReading(served, session, readingId)
    expect(
      Buffer.compare((await storedVoxels(served, last)) as Uint8Array, rater.drawing.labels.voxels),
    ).toBe(0)
    expect(rater.strokes).toBeGreaterThan(KILLS)
    console.log(`${KILLS} kills, ${rater.strokes} strokes, ${signatures} signatures`)
  },
  60_000 + KILLS * 10_000,
)
