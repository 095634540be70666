import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { catalogueSchema } from '@contract'
import { command } from '../../../src-main/cli/commands/info'
import { runProgram, umbraProgram } from '../../../src-main/cli/program'
import { addPicture, clockTime, elevenOClock, newStudy } from './studies'

const root = mkdtempSync(join(tmpdir(), 'umbra-info-'))
let output = ''
beforeAll(() => {
  const study = newStudy(root)
  for (let frame = 0; frame < 5; frame++) {
    for (let slice = 0; slice < 2; slice++) {
      addPicture(study, { code: 0, position: [0, 0, 5 * slice], time: clockTime(elevenOClock + 2 * frame) })
    }
  }
  writeFileSync(join(root, 'notes.txt'), 'no image')
})
beforeEach(() => {
  output = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += String(text)
    return true
  })
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  return () => vi.restoreAllMocks()
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const umbra = (...args: string[]): Promise<number> => runProgram(umbraProgram('0', [command()]), args)

describe('umbra info', () => {
  it('prints the catalogue as JSON', async () => {
    expect(await umbra('info', root, '--json')).toBe(0)
    const catalogue = catalogueSchema.parse(JSON.parse(output))
    expect(catalogue).toMatchObject({ filesFound: 11, filesShown: 10 })
    expect(catalogue.skipped).toEqual([{ file: 'notes.txt', reason: 'Not a DICOM file.' }])
    expect(catalogue.studies[0]).toMatchObject({ patientId: 'P1', date: '20240229' })
    expect(catalogue.studies[0].series[0]).toMatchObject({
      kind: 'ct-perfusion',
      modality: 'CT',
      description: 'Brain perfusion',
      files: 10,
      timePoints: 5,
      times: [0, 2, 4, 6, 8],
      size: [8, 6, 2],
      spacing: [0.4, 0.5, 5],
      transferSyntaxes: ['1.2.840.10008.1.2.1'],
      warnings: [],
    })
  })

  it('tells a person what is 4-D, why, and what was left out', async () => {
    expect(await umbra('info', root)).toBe(0)
    expect(output).toContain('P1 · 2024-02-29')
    expect(output).toMatch(
      /ct-perfusion +CT +8 × 6 × 2 +0\.40 × 0\.50 × 5\.00 mm +5 times in 8\.0 s +10 files +Brain perfusion/,
    )
    expect(output).toContain('4-D: 2 slice positions × 5 time points')
    expect(output).toContain('10 of 11 files shown, 1 left out:\n  Not a DICOM file.\n    notes.txt')
  })

  it('fails on a path that is not there, and wants one', async () => {
    expect(await umbra('info', join(root, 'nowhere'), '--json')).toBe(1)
    expect(JSON.parse(output)).toMatchObject({ error: { code: 'not-found', where: join(root, 'nowhere') } })
    expect(await umbra('info')).toBe(2)
  })
})
