import { csv } from '../../files/csv'
import type { ReadingContent } from './content'
import type { FileNames } from './naming'

/** A line a reading and structure. */
export function volumesCsv(readings: readonly { content: ReadingContent; names: FileNames }[]): string {
  const head = [
    ...['study', 'rater', 'case', 'source', 'pass', 'structure', 'label', 'ml', 'voxels'],
    ...['seconds', 'state', 'signed', 'saved', 'imported', 'reading'],
  ]
  return csv([
    head,
    ...readings.flatMap(({ content, names }) => {
      const { study, reading, structures, imported } = content
      return structures.map(({ structure, millilitres, count }) => [
        ...[study.protocol.name, names.rater, names.subject, names.source ?? '', reading.pass],
        ...[structure.key, structure.label, Number(millilitres.toFixed(6)), count],
        ...[Math.round(reading.seconds), reading.state, reading.signed, reading.saved],
        ...[imported ? 'yes' : 'no', reading.id],
      ])
    }),
  ])
}
