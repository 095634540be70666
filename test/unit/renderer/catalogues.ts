import type { Catalogue, SeriesSummary, StudySummary } from '@contract'

export const seriesOf = (change: Partial<SeriesSummary>): SeriesSummary => ({
  key: '1.2.3',
  uid: '1.2.3',
  uids: ['1.2.3'],
  modality: 'CT',
  description: 'HEAD PERFUSION',
  kind: 'ct-perfusion',
  reason: '16 positions, 60 times each.',
  files: 960,
  timePoints: 60,
  times: Array.from({ length: 60 }, (_, index) => index),
  size: [512, 512, 16],
  spacing: [0.43, 0.43, 5],
  transferSyntaxes: ['1.2.840.10008.1.2.1'],
  warnings: [],
  ...change,
})

export const studyOf = (series: SeriesSummary[], change: Partial<StudySummary> = {}): StudySummary => ({
  uid: 'study-1',
  patientId: 'P1',
  patientName: 'Doe^Jane',
  date: '20261103',
  description: 'CT HEAD',
  series,
  ...change,
})

export const catalogueOf = (studies: StudySummary[], change: Partial<Catalogue> = {}): Catalogue => ({
  studies,
  skipped: [],
  filesFound: 960,
  filesShown: 960,
  ...change,
})
