import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { AgreementReport, CaseAgreement, ProtocolInput } from '@contract'
import { command } from '../../../src-main/cli/commands/agree'
import { umbraProgram } from '../../../src-main/cli/program'
import { createAgreementSession } from '../../../src-main/engine/session/agreementSession'
import { readNifti } from '../../../src-main/engine/volume'
import { area, geometry, openRoom, openStudy, paperProtocol, sliceOf, temporaryFolder } from './room'

type Study = Awaited<ReturnType<typeof openStudy>> & { three: string }

/** Opens, draws a core of so many voxels (and a penumbra of twice as many) on one slice, and signs. */
async function sign(
  { ask }: Pick<Study, 'ask'>,
  session: string,
  readingId: string,
  core: number,
): Promise<void> {
  const { lease } = await ask('reading.open', { session, readingId })
  const slices = ['core', 'penumbra'].map((structure) => ({ structure, slice: 1 }))
  const bytes = new Uint8Array(2 * area)
  bytes.set(sliceOf(core))
  bytes.set(sliceOf(2 * core), area)
  await ask('reading.save', { lease: lease ?? '', geometry, slices, seconds: 5 }, bytes)
  await ask('reading.sign', { lease: lease ?? '', pin: '2468', seconds: 9 })
}

/** The three raters of the paper, of whom each signs every case; the widths of their cores are given by case. */
const cores: Record<string, [number, number, number]> = { a: [40, 30, 40], b: [20, 20, 60], c: [0, 0, 0] }

async function signedStudy(change: Partial<ProtocolInput> = {}, room = openRoom()): Promise<Study> {
  const opened = await openStudy({ order: { kind: 'fixed' }, ...change }, room)
  const study = { ...opened, three: await opened.signIn('Rater Three') }
  for (const [r, session] of [study.one, study.two, study.three].entries()) {
    const items = await study.worklist(session)
    for (const [c, { key }] of (change.cases ?? paperProtocol().cases).entries()) {
      await sign(study, session, items[c].readingId, cores[key][r])
    }
  }
  return study
}

/** A study of one case, where that is enough. */
const oneCase = { cases: paperProtocol().cases.slice(0, 1) }

const failing = (code: string) => expect.objectContaining({ code })
const run = { signal: new AbortController().signal, onProgress: () => undefined, log: () => undefined }

function agreementOf({ room }: Pick<Study, 'room'>) {
  const session = createAgreementSession(room.signed)
  return {
    ...session,
    make: async (asked: string, studyId: string, reference?: string | null): Promise<string> => {
      const { work } = session.report({
        of: { from: 'study', session: asked, studyId },
        reference,
        resamples: 50,
        seed: 1,
      })
      return (await work(run)).reportId
    },
  }
}

const caseOf = (report: AgreementReport, name: string, pair: string, structure: string): CaseAgreement => {
  const found = report.caseAgreement.find(
    (each) => each.case === name && each.pair === pair && each.structure === structure,
  )
  if (!found) throw new Error(`${name}, ${pair}, ${structure}: not there`)
  return found
}

describe('the agreement of a reading study', () => {
  it('holds readers of the network’s maps against the only one of the deconvolution, and gives what was drawn', async () => {
    const study = await signedStudy()
    const agreement = agreementOf(study)
    const reportId = await agreement.make(study.owner, study.studyId)
    const { report, pictures, colours } = agreement.read({ session: study.owner, reportId })
    expect(report.reference).toBe('Rater Three')
    expect(report.pairs.map(({ pair, structure, kind }) => `${pair} ${structure} ${kind}`)).toEqual([
      'Rater One/Rater Three Infarct core reference',
      'Rater Two/Rater Three Infarct core reference',
      'Rater One/Rater Two Infarct core inter-rater',
      'Rater One/Rater Three Penumbra reference',
      'Rater Two/Rater Three Penumbra reference',
      'Rater One/Rater Two Penumbra inter-rater',
    ])
    expect(report.readings.map(({ source }) => source)).toEqual(['CNN', 'CNN', 'NLR'])
    expect({ pictures, colours }).toEqual({ pictures: true, colours: ['#e5484d', '#3dd68c'] })

    const [a, b] = ['a', 'b'].map((key) => `Doe^Jane ${key}`)
    expect(caseOf(report, a, 'Rater One/Rater Three', 'Infarct core').dice).toBe(1)
    expect(caseOf(report, a, 'Rater Two/Rater Three', 'Infarct core').dice).toBeCloseTo((2 * 30) / 70, 12)
    expect(caseOf(report, b, 'Rater One/Rater Three', 'Penumbra').dice).toBeCloseTo((2 * 40) / 160, 12)
    // 40 voxels of 0.5 × 0.5 × 5 mm
    expect(caseOf(report, a, 'Rater One/Rater Two', 'Infarct core').firstMl).toBeCloseTo(0.05, 12)
    const [pair] = report.pairs
    expect(pair).toMatchObject({ cases: 3, bothEmpty: 1 })
    expect(pair.withoutNormals.dice).toMatchObject({ n: 2, mean: 0.75 })
    expect(pair.withNormals.dice.mean).toBeCloseTo((1 + 0.5 + 1) / 3, 12)

    const [design] = report.design
    expect(design).toContain(
      'without knowledge of the patient, the source of the maps and the readings of others',
    )
    expect(design).toContain('thresholds could be shown for help')
    expect(design).toContain('CNN and NLR (Box regression)')

    const other = await agreement.make(study.owner, study.studyId, 'Rater One')
    expect(agreement.read({ session: study.owner, reportId: other }).report.reference).toBe('Rater One')
    const none = await agreement.make(study.owner, study.studyId, null)
    const { report: each } = agreement.read({ session: study.owner, reportId: none })
    expect([each.reference, each.pairs.length]).toEqual([null, 6])
  })

  it('shows a case with both drawings on the maps of each, and writes the consensus of the raters', async () => {
    const study = await signedStudy()
    const agreement = agreementOf(study)
    const { owner, studyId } = study
    const reportId = await agreement.make(owner, studyId)
    const { report } = agreement.read({ session: owner, reportId })
    const compared = agreement.compared({
      session: owner,
      reportId,
      case: 'Doe^Jane a',
      first: 'Rater Two',
      second: 'Rater Three',
    })
    expect(compared.readings.map(({ source }) => source)).toEqual(['CNN', 'NLR'])
    expect(compared.readings.map(({ readingId }) => readingId)).toEqual(report.cases[0].files.slice(1))
    const voxels = compared.drawings.map(({ id }) =>
      study.room.readVoxels(id, 0).reduce((sum, one) => sum + one, 0),
    )
    expect(voxels).toEqual([30, 40])

    const directory = join(temporaryFolder(), 'out')
    const { files } = await agreement.export({ session: owner, reportId, directory }).work(run)
    expect(files).toContain('report.pdf')
    const consensus = (name: string) => readNifti(join(directory, 'consensus', name))
    const labels = await consensus(join('infarct-core', 'Doe_Jane_b.nii.gz'))
    expect(labels.geometry).toMatchObject({ size: geometry.size, spacing: geometry.spacing })
    // Both raters drew the same 20 voxels; the reference, which drew 60, has no vote.
    expect(labels.voxels.reduce((sum, one) => sum + one, 0)).toBe(20)
    const probability = await consensus(join('infarct-core-probability', 'Doe_Jane_b.nii.gz'))
    expect(Math.max(...probability.voxels)).toBeGreaterThan(0.99)
    const normal = await consensus(join('penumbra', 'Doe_Jane_c.nii.gz'))
    expect(normal.voxels.every((voxel) => voxel === 0)).toBe(true)
    const json = JSON.parse(await readFile(join(directory, 'report.json'), 'utf8')) as AgreementReport
    expect(json.pairs).toHaveLength(6)

    const { entries, check } = await study.ask('reading.audit', { session: owner, studyId })
    expect(check.whole).toBe(true)
    expect(entries.map(({ action }) => action).slice(-4)).toEqual([
      'agreement.reported',
      'reading.looked-at',
      'reading.looked-at',
      'agreement.exported',
    ])
  })
})

describe('a report that is not complete', () => {
  it('leaves out what is not signed, and says which', async () => {
    const study = await signedStudy()
    const items = await study.worklist(study.two)
    await study.ask('reading.reopen', { session: study.two, readingId: items[0].readingId, reason: 'again' })
    const agreement = agreementOf(study)
    const reportId = await agreement.make(study.owner, study.studyId)
    const { report } = agreement.read({ session: study.owner, reportId })
    expect(report.missing).toEqual([{ reading: 'Rater Two', case: 'Doe^Jane a' }])
    expect(report.pairs[1].cases).toBe(2)
  })

  it('is refused where fewer than two readings are signed', async () => {
    const { room, owner, studyId } = await openStudy()
    await expect(agreementOf({ room }).make(owner, studyId)).rejects.toMatchObject({ code: 'nothing-signed' })
  })
})

describe('a re-read', () => {
  it('is compared with the first reading of the same rater', async () => {
    const study = await signedStudy({
      rereads: { cases: ['a', 'b'] },
      assignments: [
        { rater: 'r1', source: 'cnn' },
        { rater: 'r2', source: 'cnn' },
        { rater: 'r3', source: 'gt' },
      ],
    })
    const items = await study.worklist(study.one)
    await sign(study, study.one, items[3].readingId, 20)
    await sign(study, study.one, items[4].readingId, 10)
    const agreement = agreementOf(study)
    const { report } = agreement.read({
      session: study.owner,
      reportId: await agreement.make(study.owner, study.studyId),
    })
    const pair = report.pairs.find(({ kind }) => kind === 'intra-rater')
    expect(pair).toMatchObject({ pair: 'Rater One/Rater One #2', cases: 2 })
    expect(pair?.withoutNormals.dice.mean).toBeCloseTo((2 / 3 + 2 / 3) / 2, 12)
  })
})

describe('who may see the agreement', () => {
  it('says that whoever made the study was not blinded in their own reading of it', async () => {
    const raters = paperProtocol().raters.map((each) =>
      each.key === 'r1' ? { ...each, name: 'Owner' } : each,
    )
    const study = await openStudy({ ...oneCase, raters, order: { kind: 'fixed' } })
    const { owner, two, worklist, room, studyId } = study
    for (const session of [owner, two]) {
      const [{ readingId }] = await worklist(session)
      await sign(study, session, readingId, 20)
    }
    const { design } = room.signed.study(owner, studyId)
    expect(design[1]).toBe('Owner made the study and so was not blinded.')
    expect(design).toHaveLength(2)
  })

  it('is its owner alone where raters are blinded to each other', async () => {
    const study = await signedStudy(oneCase)
    const agreement = agreementOf(study)
    await expect(agreement.make(study.one, study.studyId)).rejects.toMatchObject({ code: 'not-allowed' })
    const reportId = await agreement.make(study.owner, study.studyId)
    expect(() => agreement.read({ session: study.one, reportId })).toThrow(
      expect.objectContaining({ code: 'not-allowed' }),
    )
    expect(() => agreement.read({ session: null, reportId })).toThrow(
      expect.objectContaining({ code: 'signed-out' }),
    )
  })

  it('is a rater after all of their own readings are signed, who learns no patient and no source', async () => {
    const study = await signedStudy({ ...oneCase, blinding: { patient: true, source: true, raters: false } })
    const agreement = agreementOf(study)
    const reportId = await agreement.make(study.one, study.studyId)
    const { report } = agreement.read({ session: study.one, reportId })
    expect(JSON.stringify({ ...report, title: '' })).not.toMatch(/Jane|NLR|CNN|Box/)
    expect(report.cases.map(({ name }) => name)).toEqual(['Case 1'])
    const [item] = await study.worklist(study.one)
    await study.ask('reading.reopen', { session: study.one, readingId: item.readingId, reason: 'again' })
    await expect(agreement.make(study.one, study.studyId)).rejects.toMatchObject({ code: 'not-allowed' })
  })

  it('is nobody for a reading that was opened again since', async () => {
    const study = await signedStudy(oneCase)
    const agreement = agreementOf(study)
    const reportId = await agreement.make(study.owner, study.studyId)
    const [item] = await study.worklist(study.one)
    await study.ask('reading.reopen', { session: study.one, readingId: item.readingId, reason: 'again' })
    const asked = {
      session: study.owner,
      reportId,
      case: 'Doe^Jane a',
      first: 'Rater One',
      second: 'Rater Two',
    }
    expect(() => agreement.compared(asked)).toThrow(expect.objectContaining({ code: 'reading-changed' }))
  })
})

describe('umbra agree --as', () => {
  it('compares what is signed in a study of the store, for whoever may see it', async () => {
    const data = temporaryFolder()
    const study = await signedStudy(oneCase, openRoom(join(data, 'reading', 'studies.db')))
    const { text } = await study.ask('reading.exportProtocol', {
      session: study.owner,
      studyId: study.studyId,
    })
    study.room.close()
    const protocol = join(data, 'study.json')
    await writeFile(protocol, text)
    const before = { ...process.env }
    onTestFinished(() => void (process.env = before))
    Object.assign(process.env, { UMBRA_DATA: data, UMBRA_PIN: '2468' })
    const agree = (...args: string[]) =>
      umbraProgram('0', [command()]).parseAsync(
        ['agree', ...args, '-o', join(data, 'out'), '--resamples', '0'],
        { from: 'user' },
      )
    const read = async () =>
      JSON.parse(await readFile(join(data, 'out', 'report.json'), 'utf8')) as AgreementReport

    await agree('CNN against NLR', '--as', 'Owner')
    expect((await read()).reference).toBe('Rater Three')
    await agree(protocol, '--as', 'owner', '--reference', 'none')
    expect((await read()).reference).toBeNull()

    await expect(agree('CNN against NLR', '--as', 'Rater One')).rejects.toThrow(failing('not-allowed'))
    await expect(agree('Another study', '--as', 'Owner')).rejects.toThrow(failing('unknown-study'))
    await expect(agree(protocol)).rejects.toThrow(failing('usage'))
    process.env.UMBRA_PIN = '0000'
    await expect(agree('CNN against NLR', '--as', 'Owner')).rejects.toThrow(failing('wrong-pin'))
  })
})

it('a report that newer ones took the room of is gone', () => {
  const { room } = openRoom()
  expect(() => createAgreementSession(room.signed).read({ session: null, reportId: 'x' })).toThrow(
    expect.objectContaining({ code: 'report-gone' }),
  )
})
