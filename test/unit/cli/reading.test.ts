import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { command } from '../../../src-main/cli/commands/reading'
import { runProgram, umbraProgram } from '../../../src-main/cli/program'
import { writeNifti } from '../../../src-main/engine/volume'
import { area, geometry, openRoom, openStudy, sliceOf, temporaryFolder } from '../reading/room'

let output: string
beforeEach(() => {
  output = ''
  process.env.UMBRA_PIN = '2468'
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((output += String(text)), true))
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((output += String(text)), true))
})
afterEach(() => {
  delete process.env.UMBRA_PIN
  vi.restoreAllMocks()
})

/** A data folder with a study of which Rater One has signed a reading and begun another. */
async function dataFolder(): Promise<{ data: string; begun: string }> {
  const data = temporaryFolder()
  const { ask, one, worklist, room } = await openStudy({}, openRoom(join(data, 'reading', 'studies.db')))
  const items = await worklist(one)
  for (const [i, { readingId }] of items.slice(0, 2).entries()) {
    const { lease } = await ask('reading.open', { session: one, readingId })
    const slices = [{ structure: 'core', slice: 1 }]
    await ask('reading.save', { lease: lease as string, geometry, slices, seconds: 5 }, sliceOf(9))
    if (i === 0) await ask('reading.sign', { lease: lease as string, pin: '2468', seconds: 6 })
    else await ask('reading.close', { lease: lease as string, seconds: 6 })
  }
  await room.close()
  return { data, begun: items[1].readingId }
}

const umbra = (...args: string[]): Promise<number> => {
  output = ''
  return runProgram(umbraProgram('0', [command()]), ['reading', ...args])
}

describe('umbra reading', () => {
  it('lists studies and readings, exports what is signed, and imports a drawing', async () => {
    const { data, begun } = await dataFolder()
    const as = (name: string): string[] => ['--as', name, '--data', data]

    expect(await umbra('list', ...as('Owner'))).toBe(0)
    expect(output).toContain('CNN against NLR: 1 of 9 signed')
    expect(await umbra('list', 'CNN against NLR', ...as('Rater One'))).toBe(0)
    expect(output).toContain(`${begun}  Reading 2: draft`)

    const out = join(data, 'out')
    expect(await umbra('export', 'CNN against NLR', '-o', out, '--format', 'csv,nifti', ...as('Owner'))).toBe(
      0,
    )
    expect(readdirSync(out).sort()).toEqual(['labels.txt', 'nifti', 'volumes.csv'])
    expect(readdirSync(join(out, 'nifti'))).toEqual(['r1_cnn'])

    const drawn = join(data, 'drawn.nii.gz')
    await writeNifti(drawn, geometry, new Uint8Array(4 * area).fill(7, area, area + 40))
    const importing = ['import', begun, drawn, ...as('Rater One')]
    expect(await umbra(...importing)).toBe(1)
    expect(output).toContain('not clear which structure')
    expect(await umbra(...importing, '--labels', '7=penumbra', '--replace')).toBe(0)
    // 40 voxels of 0.5 × 0.5 × 5 mm.
    expect(output).toContain('core 0.00 ml, penumbra 0.05 ml')
  })

  it('says what is wrong: no PIN, a wrong one, another person’s study, wrong usage', async () => {
    const { data } = await dataFolder()
    const as = ['--as', 'Owner', '--data', data]
    expect(await umbra('export', 'Another', '-o', join(data, 'out'), ...as)).toBe(1)
    expect(output).toContain('CNN against NLR')
    process.env.UMBRA_PIN = '0000'
    expect(await umbra('list', ...as)).toBe(1)
    delete process.env.UMBRA_PIN
    expect(await umbra('list', ...as)).toBe(2)
    expect(output).toContain('UMBRA_PIN')
    expect(await umbra('list')).toBe(2)
    expect(await umbra('export', 'x', '-o', 'y', '--format', 'dicom', ...as)).toBe(2)
  })
})
