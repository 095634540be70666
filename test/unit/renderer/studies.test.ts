import { describe, expect, it } from 'vitest'
import {
  catalogueRows,
  formatIntervals,
  formatSpacing,
  parentRow,
} from '../../../src-renderer/components/studies/catalogueRows'
import {
  countReasons,
  filterSkipped,
  skippedAsText,
} from '../../../src-renderer/components/studies/skippedFiles'
import { Thumbnails } from '../../../src-renderer/components/studies/thumbnails'
import { filesBelow, withUniquePaths } from '../../../src-renderer/app/drop'
import {
  formatBytes,
  formatDicomDate,
  formatDuration,
  formatPersonName,
  plainText,
} from '../../../src-renderer/components/shell/format'
import { catalogueOf, seriesOf, studyOf } from './catalogues'

const ctp = seriesOf({ key: 'ctp' })
const cta = seriesOf({ key: 'cta', description: 'CTA', kind: 'volume' })
const mri = seriesOf({ key: 'dwi', description: 'DWI', modality: 'MR', kind: 'volume' })
const catalogue = catalogueOf([
  studyOf([ctp, cta]),
  studyOf([mri], { uid: 'study-2', description: 'MR HEAD', date: '20261104' }),
  studyOf([seriesOf({ key: 'other' })], { uid: 'study-3', patientId: 'P2', patientName: 'Roe^Richard' }),
])
const ids = (closed: string[] = [], search = ''): string[] =>
  catalogueRows(catalogue, new Set(closed), search).map(({ id }) => id)
const jane = 'patient P1\nDoe^Jane'
const richard = 'patient P2\nRoe^Richard'

describe('the study table', () => {
  it('holds patients, their studies and the series of each', () => {
    expect(ids()).toEqual([
      jane,
      'study study-1',
      'ctp',
      'cta',
      'study study-2',
      'dwi',
      richard,
      'study study-3',
      'other',
    ])
  })

  it('folds patients and studies', () => {
    expect(ids([jane])).toEqual([jane, richard, 'study study-3', 'other'])
    expect(ids(['study study-1'])).not.toContain('ctp')
  })

  it('finds by patient, study, date and series, and opens what holds a hit', () => {
    expect(ids([jane], 'dwi')).toEqual([jane, 'study study-2', 'dwi'])
    expect(ids([], 'roe')).toEqual([richard, 'study study-3', 'other'])
    expect(ids([], '2026-11-04 head')).toEqual([jane, 'study study-2', 'dwi'])
    expect(ids([], 'nothing like it')).toEqual([])
  })

  it('knows what a row lies in', () => {
    const rows = catalogueRows(catalogue, new Set(), '')
    expect(parentRow(rows, 'dwi')).toBe('study study-2')
    expect(parentRow(rows, 'study study-2')).toBe(jane)
    expect(parentRow(rows, richard)).toBeNull()
  })

  it('shows text of a file as text', () => {
    const hostile = catalogueOf([
      studyOf([ctp], { patientName: '<b>x</b>\u202Egnp.exe\u0007', patientId: '\n\n' }),
    ])
    const [patient] = catalogueRows(hostile, new Set(), '')
    expect(patient).toMatchObject({ label: '<b>x</b>▯gnp.exe▯', detail: '▯▯' })
  })
})

describe('a series in words', () => {
  it('says how its time points follow each other', () => {
    expect(formatIntervals([0, 1, 2, 3])).toBe('every 1 s')
    expect(formatIntervals([0, 1, 2, 3, 6, 9])).toBe('every 1 s (1 to 3 s)')
    expect(formatIntervals([0])).toBe('')
  })

  it('gives its spacing without needless digits', () => {
    expect(formatSpacing([0.4296875, 0.4296875, 5])).toBe('0.43 × 0.43 × 5')
  })
})

describe('the files left out', () => {
  const skipped = [
    { file: 'a/readme.txt', reason: 'Not DICOM.' },
    { file: 'a/IM1', reason: 'The pixels end too early.' },
    { file: 'b/notes.txt', reason: 'Not DICOM.' },
  ]

  it('are searched by file and reason', () => {
    expect(filterSkipped(skipped, 'not dicom B/').map(({ file }) => file)).toEqual(['b/notes.txt'])
    expect(filterSkipped(skipped, '')).toHaveLength(3)
  })

  it('are counted by reason, the commonest first', () => {
    expect(countReasons(skipped)).toEqual([
      { reason: 'Not DICOM.', files: 2 },
      { reason: 'The pixels end too early.', files: 1 },
    ])
  })

  it('are copied one a line, whatever their names hold', () => {
    expect(skippedAsText([{ file: 'a\nb\tc', reason: 'x' }])).toBe('a▯b▯c\tx')
  })
})

describe('thumbnails', () => {
  it('are asked for once, two at a time, the latest wish first', async () => {
    const asked: string[] = []
    const finish: (() => void)[] = []
    const thumbnails = new Thumbnails({
      call: (_method, params) => {
        asked.push((params as { seriesKey: string }).seriesKey)
        return new Promise((_resolve, reject) => finish.push(() => reject(new Error('no picture'))))
      },
      readVoxels: () => Promise.reject(new Error('not reached')),
    })
    const all = ['a', 'b', 'c', 'd'].map((key) => thumbnails.get(key))
    void thumbnails.get('a')
    void thumbnails.get('c')
    await Promise.resolve()
    expect(asked).toEqual(['a', 'b'])
    finish.shift()?.()
    await expect.poll(() => asked).toEqual(['a', 'b', 'c'])
    while (asked.length < 4 || finish.length) {
      finish.shift()?.()
      await new Promise((resolve) => setTimeout(resolve))
    }
    expect(await Promise.all(all)).toEqual([null, null, null, null])
    expect(asked).toEqual(['a', 'b', 'c', 'd'])
  })
})

describe('what is dropped', () => {
  const fileEntry = (path: string): FileSystemEntry =>
    ({
      isDirectory: false,
      fullPath: path,
      file: (done: (file: File) => void) => done({ name: path, size: 1 } as File),
    }) as unknown as FileSystemEntry

  /** A folder that gives its entries two at a time, as browsers give theirs a hundred at a time. */
  const folderEntry = (entries: FileSystemEntry[]): FileSystemEntry =>
    ({
      isDirectory: true,
      createReader: () => {
        let given = 0
        return {
          readEntries: (done: (some: FileSystemEntry[]) => void) => done(entries.slice(given, (given += 2))),
        }
      },
    }) as unknown as FileSystemEntry

  it('is every file below it, however deep and however many', async () => {
    const inner = folderEntry(['/s/b/1', '/s/b/2', '/s/b/3', '/s/b/4', '/s/b/5'].map(fileEntry))
    const files = await filesBelow([folderEntry([fileEntry('/s/a'), inner]), fileEntry('/z.zip')])
    expect(files.map(({ path }) => path).sort()).toEqual([
      's/a',
      's/b/1',
      's/b/2',
      's/b/3',
      's/b/4',
      's/b/5',
      'z.zip',
    ])
  })

  it('keeps files of one name apart', () => {
    const file = {} as File
    const paths = withUniquePaths(['s/1', 's/1', 's/2', 's/1'].map((path) => ({ path, file })))
    expect(paths.map(({ path }) => path)).toEqual(['s/1', 's/1 (2)', 's/2', 's/1 (3)'])
  })
})

describe('figures and names', () => {
  it('are written as a reader expects them', () => {
    expect([0, 999, 1000, 746_586_112, 128e9].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1.0 kB',
      '747 MB',
      '128 GB',
    ])
    expect([0.04, 59.94, 125, 3840].map(formatDuration)).toEqual([
      '0.0 s',
      '59.9 s',
      '2 min 05 s',
      '1 h 04 min',
    ])
    expect(formatDicomDate('20261103')).toBe('2026-11-03')
    expect(formatDicomDate('2026')).toBe('2026')
    expect(formatPersonName('Doe^Jane^Ann^Dr')).toBe('Doe, Jane Ann')
    expect(formatPersonName('Yamada^Tarou=山田^太郎')).toBe('Yamada, Tarou')
  })

  it('keep the joiners that some scripts need, and nothing else that is invisible', () => {
    expect(plainText('می\u200cخواهم')).toBe('می\u200cخواهم')
    expect(plainText('a\u200bb\u2066c\u2028d')).toBe('a▯b▯c▯d')
  })
})
