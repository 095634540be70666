import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import {
  methods,
  type Geometry,
  type Input,
  type Output,
  type ProtocolInput,
  type readingFileMethods,
} from '@contract'
import { agree, readDefinition } from '../../../src-main/engine/concordance'
import { readSegmentation, openStudy as openScan } from '../../../src-main/engine/dicom'
import { onGrid, readStructures } from '../../../src-main/engine/segmentation'
import { readNifti, writeNifti } from '../../../src-main/engine/volume'
import { addPicture, clockTime, elevenOClock, newStudy } from '../dicom/studies'
import { openStudy, temporaryFolder, type Room } from './room'

type FileMethod = keyof typeof readingFileMethods
const all: ('seg' | 'sr' | 'nifti' | 'csv')[] = ['seg', 'sr', 'nifti', 'csv']
const failing = (code: string) => expect.objectContaining({ code })

/** Runs a job of the room to its end, as the engine does. */
async function perform<M extends FileMethod>(
  room: Room['room'],
  method: M,
  params: Input<M>,
): Promise<Output<M>> {
  const start = room.fileHandlers[method] as (params: unknown) => { work(run: object): Promise<unknown> }
  const run = { signal: new AbortController().signal, onProgress: () => undefined, log: () => undefined }
  return methods[method].out.parse(await start(methods[method].in.parse(params)).work(run)) as Output<M>
}

const [nx, ny, nz] = [16, 12, 4]
const area = nx * ny
let scans: string
let geometry: Geometry

async function scanOf(key: string) {
  const scan = await openScan([join(scans, key)])
  try {
    return scan.describe(scan.catalogue.studies[0].series[0].key)
  } finally {
    await scan.close()
  }
}

/** Perfusion scans of three cases, as DICOM files. */
beforeAll(async () => {
  scans = mkdtempSync(join(tmpdir(), 'umbra-scans-'))
  for (const key of ['a', 'b', 'c']) {
    const folder = join(scans, key)
    mkdirSync(folder)
    const study = newStudy(folder)
    for (let t = 0; t < 12; t++) {
      for (let z = 0; z < nz; z++) {
        addPicture(study, {
          code: 100 * t + z,
          position: [-4, -3, 10 + 5 * z],
          time: clockTime(elevenOClock + 2 * t),
          size: [nx, ny],
        })
      }
    }
  }
  geometry = (await scanOf('a')).geometry
})

afterAll(() => rmSync(scans, { recursive: true, force: true }))

/** A study of the paper's kind with real scans; `draw` saves a reading, core in the first voxels of slices. */
async function begin(change: Partial<ProtocolInput> = {}) {
  const opened = await openStudy({
    cases: ['a', 'b', 'c'].map((key) => ({ key, name: `Doe^Jane ${key}`, paths: [join(scans, key)] })),
    order: { kind: 'fixed' },
    ...change,
  })
  const three = await opened.signIn('Rater Three')
  const { ask, worklist } = opened
  /** Voxels of core and of penumbra, from the top left of slice 1 on; the penumbra begins at `from`. */
  async function draw(session: string, place: number, core: number, penumbra: number, from = 0) {
    const { readingId } = (await worklist(session))[place]
    const { lease } = await ask('reading.open', { session, readingId })
    const bytes = new Uint8Array(2 * area)
    bytes.fill(1, 0, core)
    bytes.fill(1, area + from, area + from + penumbra)
    const slices = ['core', 'penumbra'].map((structure) => ({ structure, slice: 1 }))
    await ask('reading.save', { lease: lease as string, geometry, slices, seconds: 77 }, bytes)
    return {
      readingId,
      lease: lease as string,
      sign: () => ask('reading.sign', { lease: lease as string, pin: '2468', seconds: 80 }),
      leave: () => ask('reading.close', { lease: lease as string, seconds: 80 }),
    }
  }
  return {
    ...opened,
    three,
    draw,
    do: perform.bind(null, opened.room) as <M extends FileMethod>(
      method: M,
      params: Input<M>,
    ) => Promise<Output<M>>,
  }
}

const contents = (folder: string): string =>
  (readdirSync(folder, { recursive: true }) as string[])
    .map((name) => name + safeRead(join(folder, name)))
    .join('\n')
const safeRead = (path: string): string => {
  try {
    const bytes = readFileSync(path)
    // Three letters are found by chance in what is compressed.
    return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1')
  } catch {
    return ''
  }
}

describe('one reading as files', () => {
  it('is a segmentation on the grid of its maps, a report, a labelmap for each of overlapping structures, and a table', async () => {
    const { one, draw, do: run } = await begin()
    const { readingId } = await draw(one, 0, 10, 30)
    const directory = join(temporaryFolder(), 'out')
    const { files, notes } = await run('reading.exportReading', {
      ...{ session: one, readingId, directory },
      formats: ['seg', 'sr', 'nifti', 'csv'],
    })
    expect(files).toEqual([
      'labels.txt',
      'reading-1.csv',
      'reading-1.seg.dcm',
      'reading-1.sr.dcm',
      'reading-1_core.nii.gz',
      'reading-1_penumbra.nii.gz',
    ])
    expect(notes).toEqual([expect.stringContaining('blinded'), expect.stringContaining('overlap')])

    const path = join(directory, 'reading-1.seg.dcm')
    const { bits } = onGrid(
      await readStructures(path, [
        { name: 'core', values: [1] },
        { name: 'penumbra', values: [2] },
      ]),
      geometry,
      path,
    )
    expect(Array.from(bits)).toEqual(
      Array.from({ length: area * nz }, (_, at) => {
        const within = at - area
        return within < 0 || within >= 30 ? 0 : within < 10 ? 3 : 2
      }),
    )
    const penumbra = await readNifti(join(directory, 'reading-1_penumbra.nii.gz'))
    expect([...new Set(penumbra.voxels)]).toEqual([0, 2])
    const [head, ...rows] = readFileSync(join(directory, 'reading-1.csv'), 'utf8').trim().split('\r\n')
    expect(head).toBe(
      'study,rater,case,source,pass,structure,label,ml,voxels,seconds,state,signed,saved,imported,reading',
    )
    // A voxel is 0.4 × 0.5 × 5 mm.
    expect(rows.map((row) => row.split(',').slice(5, 11).join(' '))).toEqual([
      'core 1 0.01 10 77 draft',
      'penumbra 2 0.03 30 77 draft',
    ])
  })

  it('tells a blinded rater neither patient nor source, in no file and no name', async () => {
    const { one, draw, do: run } = await begin({ name: 'Strokes' })
    const { readingId } = await draw(one, 0, 10, 30)
    const asked = { session: one, readingId, formats: all }
    const directory = join(temporaryFolder(), 'out')
    await expect(run('reading.exportReading', { ...asked, directory, identified: true })).rejects.toThrow(
      failing('not-allowed'),
    )
    await run('reading.exportReading', { ...asked, directory })
    const said = contents(directory)
    expect(said).toContain('Reading 1')
    const { source } = await scanOf('a')
    for (const uid of [source.seriesInstanceUid, source.studyInstanceUid, source.frameOfReference]) {
      // A short one may begin another.
      expect(said.replaceAll('.', '-')).not.toMatch(new RegExp(`${uid.replaceAll('.', '-')}(?!\\d)`))
    }
    for (const secret of ['Phantom', 'P1 ', 'Doe', 'CNN', 'cnn', 'Rater One']) {
      expect(said).not.toContain(secret)
    }
  })

  it('names patient and rater where the owner asks for it, and only signed readings of others', async () => {
    const { owner, one, two, draw, do: run } = await begin()
    const { readingId, sign } = await draw(one, 0, 10, 5, 20)
    const asked = {
      session: owner,
      readingId,
      identified: true,
      formats: ['seg', 'nifti'] as ('seg' | 'nifti')[],
    }
    const directory = join(temporaryFolder(), 'out')
    await expect(run('reading.exportReading', { ...asked, directory })).rejects.toThrow(
      failing('not-allowed'),
    )
    await sign()
    await expect(run('reading.exportReading', { ...asked, session: two, directory })).rejects.toThrow(
      failing('not-allowed'),
    )
    const { files } = await run('reading.exportReading', { ...asked, directory })
    // Nothing overlaps: one labelmap.
    expect(files).toEqual(['a_r1_cnn.nii.gz', 'a_r1_cnn.seg.dcm', 'labels.txt'])
    expect(readFileSync(join(directory, 'a_r1_cnn.seg.dcm'), 'latin1')).toMatch(/Phantom\^Head[^]*Rater One/)
    const { voxels } = await readNifti(join(directory, 'a_r1_cnn.nii.gz'))
    expect(Array.from(voxels.subarray(area, area + 26))).toEqual(
      Array.from({ length: 26 }, (_, i) => (i < 10 ? 1 : i >= 20 && i < 25 ? 2 : 0)),
    )
  })

  it('is written without its scan where the files are gone, which is said', async () => {
    const gone = join(temporaryFolder(), 'gone')
    const { owner, one, draw, do: run } = await begin({ cases: [{ key: 'a', name: 'A', paths: [gone] }] })
    const { readingId, sign } = await draw(one, 0, 10, 30)
    await sign()
    const directory = join(temporaryFolder(), 'out')
    const { notes, files } = await run('reading.exportReading', {
      ...{ session: owner, readingId, directory },
      formats: ['seg'],
    })
    expect(notes.join()).toContain('could not be read')
    const { geometry: grid, seriesUids } = readSegmentation(join(directory, files[0]))
    expect(grid).toMatchObject({ size: [nx, ny, nz], frameOfReference: geometry.frameOfReference })
    expect(seriesUids).toEqual([])
  })

  it('refers to the images of its scan', async () => {
    const { owner, one, draw, do: run } = await begin()
    const { readingId, sign } = await draw(one, 0, 10, 30)
    await sign()
    const directory = join(temporaryFolder(), 'out')
    const asked = { session: owner, readingId, directory, formats: all }
    const { files } = await run('reading.exportReading', asked)
    const path = join(directory, files.find((name) => name.endsWith('.seg.dcm')) ?? '')
    const { source } = await scanOf('a')
    expect(readSegmentation(path).seriesUids).toEqual([source.seriesInstanceUid])
    const said = readFileSync(path, 'latin1')
    for (const { sopInstanceUid } of source.instances) expect(said).toContain(sopInstanceUid)
  })

  it('leaves nothing behind where it cannot be written', async () => {
    const { one, draw, do: run } = await begin()
    const { readingId } = await draw(one, 0, 10, 30)
    const blocked = join(temporaryFolder(), 'file')
    writeFileSync(blocked, '')
    await expect(
      run('reading.exportReading', {
        session: one,
        readingId,
        directory: join(blocked, 'out'),
        formats: ['nifti'],
      }),
    ).rejects.toThrow(failing('write-failed'))
  })

  it('says that the disk is full, and leaves nothing there', async (context) => {
    const folder = join(temporaryFolder(), 'small')
    mkdirSync(folder)
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'umbra-test', folder])
    if (mounted.status !== 0) return context.skip()
    onTestFinished(() => void spawnSync('umount', [folder]))
    writeFileSync(join(folder, 'others.bin'), Buffer.alloc(248 * 1024))
    const { one, draw, do: run } = await begin()
    const { readingId } = await draw(one, 0, 10, 30)
    const asked = { session: one, readingId, directory: join(folder, 'out'), formats: all }
    await expect(run('reading.exportReading', asked)).rejects.toThrow(
      expect.objectContaining({ code: 'write-failed', message: 'The disk is full.' }),
    )
    expect(readdirSync(folder)).toEqual(['others.bin'])
  })
})

describe('all readings of a study', () => {
  it('are a folder a rater with one file a case, and what umbra agree takes', async () => {
    const { owner, one, two, three, studyId, draw, do: run } = await begin()
    const directory = join(temporaryFolder(), 'out')
    const asked = { session: owner, studyId, directory, formats: all }
    await expect(run('reading.exportStudy', asked)).rejects.toThrow(failing('nothing-signed'))
    const cores: [string, number][] = [
      [one, 10],
      [two, 20],
      [three, 20],
    ]
    for (const [session, core] of cores) {
      await (await draw(session, 0, core, 40)).sign()
      await (await draw(session, 1, core, 40)).sign()
      // A normal case.
      await (await draw(session, 2, 0, 0)).sign()
    }
    await expect(run('reading.exportStudy', { ...asked, session: one })).rejects.toThrow(
      failing('not-allowed'),
    )
    const { files, notes } = await run('reading.exportStudy', { ...asked, reference: 'r3' })
    expect(files.filter((name) => name.startsWith('seg'))).toEqual(
      ['r1_cnn', 'r2_cnn', 'r3_gt'].flatMap((folder) =>
        ['a', 'b', 'c'].map((key) => `seg/${folder}/${key}.dcm`),
      ),
    )
    expect(files).toContain('nifti/r1_cnn/a_penumbra.nii.gz')
    expect(files).toContain('nifti/r1_cnn/c.nii.gz')
    expect(notes).toContainEqual(expect.stringContaining('overlap'))
    expect(contents(directory)).not.toMatch(/Doe|Phantom|Rater One/)
    expect(readFileSync(join(directory, 'volumes.csv'), 'utf8').trim().split('\r\n')).toHaveLength(1 + 9 * 2)

    const { report } = await agree(await readDefinition(join(directory, 'study.json')))
    expect(report.readings.map(({ name }) => name)).toEqual(['r1', 'r2', 'r3'])
    const dice = Object.fromEntries(
      report.caseAgreement
        .filter(({ structure }) => structure === 'core')
        .map((each) => [`${each.case} ${each.pair}`, each.dice]),
    )
    // 10 voxels within 20: 2 · 10 / 30.
    expect(dice).toMatchObject({ 'a r1/r3': 2 / 3, 'b r2/r3': 1, 'c r1/r3': null })
    const pair = report.pairs.find(({ pair: name, structure }) => name === 'r1/r3' && structure === 'core')
    expect(pair?.bothEmpty).toBe(1)
  })
})

describe('a drawing made elsewhere', () => {
  /** A labelmap of ITK-SNAP: 1 in the first `core` voxels of slice 2, then 2 in as many. */
  async function snapped(
    change: { grid?: Geometry; values?: [number, number]; name?: string; labels?: string } = {},
  ) {
    const folder = temporaryFolder()
    const path = join(folder, change.name ?? 'drawn.nii.gz')
    const [first, second] = change.values ?? [1, 2]
    const grid = change.grid ?? geometry
    const start = 2 * grid.size[0] * grid.size[1]
    const voxels = new Uint8Array(2 * start)
    voxels.fill(first, start, start + 8)
    voxels.fill(second, start + 8, start + 12)
    await writeNifti(path, grid, voxels)
    if (change.labels !== undefined) writeFileSync(join(folder, 'labels.txt'), change.labels)
    return path
  }
  const described = (...labels: [number, string][]): string =>
    [
      '################################################',
      '# ITK-SnAP Label Description File',
      '# File format: ',
      '    0     0    0    0        0  0  0    "Clear Label"',
      ...labels.map(([value, name]) => `    ${value}   255    0    0        1  1  1    "${name}"`),
      '',
    ].join('\n')
  /** Offsets of a structure's voxels, as the room answers them. */
  async function drawnIn({ ask, room }: Pick<Room, 'ask' | 'room'>, session: string, readingId: string) {
    const { labelmap, state, lease } = await ask('reading.open', { session, readingId })
    await ask('reading.close', { lease: lease ?? '', seconds: 0 })
    const layers = [0, 1].map((layer) => room.readVoxels(labelmap?.id ?? '', layer))
    return { state, marked: layers.map((layer) => [...layer.keys()].filter((at) => layer[at] === 1)) }
  }
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

  it('becomes the draft of a reading, its labels found by the names of the label description', async () => {
    const begun = await begin()
    const { one, worklist, do: run } = begun
    const [{ readingId }] = await worklist(one)
    // The numbers are the other way round: names go before numbers.
    const path = await snapped({ labels: described([1, 'Penumbra'], [2, 'infarct CORE']) })
    const { labels, files, drawn } = await run('reading.inspectFiles', {
      session: one,
      readingId,
      paths: [path],
    })
    expect(files).toMatchObject([{ name: 'drawn.nii.gz', kind: 'nifti', grid: 'same' }])
    expect(labels).toMatchObject([
      {
        value: 1,
        name: 'Penumbra',
        colour: '#ff0000',
        voxels: 8,
        structure: 'penumbra',
        match: 'name',
        unclear: false,
      },
      { value: 2, name: 'infarct CORE', voxels: 4, structure: 'core', match: 'name', unclear: false },
    ])
    expect(drawn).toBe(false)
    const { volumes } = await run('reading.importFiles', { session: one, readingId, paths: [path] })
    expect(volumes).toEqual({ core: expect.closeTo(0.004), penumbra: expect.closeTo(0.008) })
    const { state, marked } = await drawnIn(begun, one, readingId)
    expect(state).toBe('draft')
    expect(marked).toEqual([range(2 * area + 8, 2 * area + 12), range(2 * area, 2 * area + 8)])
  })

  it('is asked about where a label is no structure of the study, and taken as it is answered', async () => {
    const begun = await begin()
    const { one, worklist, do: run } = begun
    const [{ readingId }] = await worklist(one)
    const path = await snapped({ values: [1, 7], labels: described([1, 'Oedema'], [7, 'Label 7']) })
    const asked = { session: one, readingId, paths: [path] }
    const { labels } = await run('reading.inspectFiles', asked)
    expect(labels).toMatchObject([
      { value: 1, structure: 'core', match: 'number', unclear: true },
      { value: 7, structure: null, unclear: true },
    ])
    await expect(run('reading.importFiles', asked)).rejects.toThrow(failing('labels-unclear'))
    const { notes } = await run('reading.importFiles', {
      ...asked,
      labels: [
        { file: 0, value: 1, structure: 'penumbra' },
        { file: 0, value: 7, structure: null },
      ],
    })
    expect(notes).toEqual(['The label 7 (Label 7) was left out.'])
    expect((await drawnIn(begun, one, readingId)).marked).toEqual([[], range(2 * area, 2 * area + 8)])
  })

  it('in a file for each structure may overlap, and keeps that', async () => {
    const begun = await begin()
    const { one, worklist, do: run } = begun
    const [{ readingId }] = await worklist(one)
    const paths = [
      await snapped({ name: 'x_core.nii.gz', values: [1, 1] }),
      await snapped({ name: 'x_penumbra.nii.gz', values: [1, 0] }),
    ]
    await run('reading.importFiles', { session: one, readingId, paths })
    expect((await drawnIn(begun, one, readingId)).marked).toEqual([
      range(2 * area, 2 * area + 12),
      range(2 * area, 2 * area + 8),
    ])
  })

  it('comes back from what was exported: as DICOM SEG, and as NIfTI with its label description', async () => {
    const begun = await begin()
    const { one, two, draw, worklist, do: run } = begun
    const { readingId, leave } = await draw(one, 0, 10, 30)
    await leave()
    const directory = join(temporaryFolder(), 'out')
    await run('reading.exportReading', { session: one, readingId, directory, formats: ['seg', 'nifti'] })
    const before = await drawnIn(begun, one, readingId)
    const items = await worklist(two)
    const ways = [['reading-1.seg.dcm'], ['reading-1_core.nii.gz', 'reading-1_penumbra.nii.gz', 'labels.txt']]
    for (const [i, names] of ways.entries()) {
      const paths = names.map((name) => join(directory, name))
      const { notes } = await run('reading.importFiles', {
        session: two,
        readingId: items[i].readingId,
        paths,
      })
      expect(notes).toEqual([])
      expect((await drawnIn(begun, two, items[i].readingId)).marked).toEqual(before.marked)
    }
  })

  it('on another grid is refused, or resampled where that is asked for; turned round it is the same voxels', async () => {
    const begun = await begin()
    const { one, worklist, do: run } = begun
    const [{ readingId }] = await worklist(one)
    const [x, y, z] = geometry.direction
    const flipped: Geometry = {
      ...geometry,
      origin: [geometry.origin[0], geometry.origin[1], geometry.origin[2] + 5 * (nz - 1)],
      direction: [x, y, [-z[0], -z[1], -z[2]]],
    }
    const turned = { session: one, readingId, paths: [await snapped({ grid: flipped })] }
    expect((await run('reading.inspectFiles', turned)).files[0].grid).toBe('reordered')
    const { notes } = await run('reading.importFiles', turned)
    expect(notes).toEqual([])
    expect((await drawnIn(begun, one, readingId)).marked[0]).toEqual(range(area, area + 8))

    const coarse: Geometry = { ...geometry, size: [8, 12, 4], spacing: [0.8, 0.5, 5] }
    const other = { session: one, readingId, paths: [await snapped({ grid: coarse })], replace: true }
    expect((await run('reading.inspectFiles', other)).files[0].grid).toBe('other')
    await expect(run('reading.importFiles', other)).rejects.toThrow(failing('other-grid'))
    const said = await run('reading.importFiles', { ...other, resample: true })
    expect(said.notes).toContainEqual(expect.stringContaining('Resampled'))
    const elsewhere: Geometry = { ...geometry, origin: [500, 500, 500] }
    const lost = { ...other, paths: [await snapped({ grid: elsewhere })], resample: true }
    await expect(run('reading.importFiles', lost)).rejects.toThrow(failing('no-overlap'))
  })

  it('takes the place of what is drawn only where that is said, never of what is signed or open in a window', async () => {
    const { one, owner, two, draw, do: run } = await begin()
    const { readingId, leave, lease } = await draw(one, 0, 10, 30)
    const asked = { session: one, readingId, paths: [await snapped()] }
    await expect(run('reading.importFiles', asked)).rejects.toThrow(failing('already-drawn'))
    const replacing = { ...asked, replace: true }
    await expect(run('reading.importFiles', replacing)).rejects.toThrow(failing('open-elsewhere'))
    expect(lease).not.toBe('')
    await leave()
    await expect(run('reading.importFiles', { ...replacing, session: two })).rejects.toThrow(
      failing('not-allowed'),
    )
    await run('reading.importFiles', { ...replacing, session: owner })
    const { sign } = await draw(one, 1, 1, 1)
    await sign()
  })

  it('is in the audit trail by its hash, without a name or a path', async () => {
    const { one, owner, studyId, worklist, ask, do: run } = await begin()
    const [{ readingId }] = await worklist(one)
    await run('reading.importFiles', { session: one, readingId, paths: [await snapped()] })
    const { entries, check } = await ask('reading.audit', { session: owner, studyId })
    const entry = entries.find(({ action }) => action === 'reading.imported')
    expect(entry?.detail).toEqual({
      formats: ['nifti'],
      resampled: false,
      sha256: [expect.stringMatching(/^[0-9a-f]{64}$/)],
    })
    expect(entry?.actor).toBe('Rater One')
    expect(check.whole).toBe(true)
  })

  it.each([
    ['a picture', 'not-labels'],
    ['a description alone', 'no-drawing'],
    ['a damaged description', 'labels-unreadable'],
    ['no NIfTI file', 'nifti-unreadable'],
  ])('that is %s is refused', async (what, code) => {
    const { one, worklist, do: run } = await begin()
    const [{ readingId }] = await worklist(one)
    const folder = temporaryFolder()
    const path = join(folder, 'file')
    if (what === 'a picture') {
      await writeNifti(
        `${path}.nii`,
        geometry,
        Float32Array.from({ length: area * nz }, (_, i) => i + 1),
      )
    } else if (what === 'no NIfTI file') writeFileSync(`${path}.nii`, 'hello')
    else {
      writeFileSync(`${path}.txt`, described([1, 'Core']) + (what === 'a damaged description' ? '1 2 3' : ''))
    }
    const paths = readdirSync(folder).map((name) => join(folder, name))
    await expect(run('reading.importFiles', { session: one, readingId, paths })).rejects.toThrow(
      failing(code),
    )
  })
})
