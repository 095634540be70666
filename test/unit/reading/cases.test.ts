import { cpSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ReadingCase } from '@contract'
import { isMissing } from '../../../src-main/engine/cases/caseFiles'
import { findCases, movedAlong, relocate } from '../../../src-main/engine/reading/cases'
import { makePhantom, phantomOptions, writePhantomStudy } from '../../../src-main/engine/phantom'
import { smallStudy } from '../engine/smallStudy'

let folder: string
let cohort: string

beforeAll(async () => {
  const study = await smallStudy()
  folder = study.folder
  cohort = join(folder, 'cohort')
  const other = join(folder, 'other')
  const options = phantomOptions({ size: 64, slices: 1, volumes: 20, interval: 2, lesion: 'none', seed: 5 })
  await writePhantomStudy(await makePhantom(options), other)
  cpSync(study.dicom, join(cohort, 'patient-a', 'dicom'), { recursive: true })
  cpSync(join(other, 'dicom'), join(cohort, 'patient-b', 'dicom'), { recursive: true })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const casesOf = (found: Awaited<ReturnType<typeof findCases>>): ReadingCase[] =>
  found.map(({ name, paths, seriesUid }, i) => ({ key: `case-${i + 1}`, name, paths, seriesUid }))

describe('cases of a folder', () => {
  it('are its perfusion series, each with its own folder and a name that tells them apart', async () => {
    const found = await findCases([cohort])
    expect(found.map(({ name }) => name).sort()).toEqual(['patient-a', 'patient-b'])
    for (const { name, paths } of found) expect(paths[0].startsWith(join(cohort, name))).toBe(true)
    expect(new Set(found.map(({ seriesUid }) => seriesUid)).size).toBe(2)
    expect(found.find(({ name }) => name === 'patient-b')).toMatchObject({ timePoints: 20, slices: 1 })
  })

  it('are named by the folder that was chosen where those within say nothing', async () => {
    const [found] = await findCases([join(cohort, 'patient-a', 'dicom')])
    expect(found.name).toBe('patient-a')
  })
})

describe('cases whose files moved', () => {
  it('are found again together, by their series', async () => {
    const cases = casesOf(await findCases([cohort]))
    const moved = join(folder, 'archive', '2026')
    mkdirSync(join(folder, 'archive'))
    renameSync(cohort, moved)
    try {
      expect(cases.every(isMissing)).toBe(true)
      const [first] = cases
      const found = await relocate(cases, first.key, [join(moved, first.name)])
      expect(found.map(({ key }) => key).sort()).toEqual(['case-1', 'case-2'])
      expect(found.some(isMissing)).toBe(false)
      expect(found.map(({ seriesUid }) => seriesUid).sort()).toEqual(
        cases.map((each) => each.seriesUid).sort(),
      )
      const [a, b] = cases
      await expect(relocate(cases, a.key, [join(moved, b.name)])).rejects.toMatchObject({
        code: 'other-series',
      })
    } finally {
      renameSync(moved, cohort)
    }
  })

  it('are sought beside the one that was found', () => {
    expect(movedAlong('/old/b/dicom', '/old/a/dicom', '/new/place/a/dicom')).toBe('/new/place/b/dicom')
    expect(movedAlong('/elsewhere/b', '/old/a', '/new/a')).toBeNull()
    expect(movedAlong('/old/b', '/old/a', '/new/renamed')).toBeNull()
  })
})
