import type { EpochRecord, MapName } from '@contract'

/** The history as a table for any spreadsheet. */
export function historyCsv(history: readonly EpochRecord[]): string {
  const maps = Object.keys(history[0]?.correlation ?? {}) as MapName[]
  const names = ['epoch', 'time', 'seconds', 'steps', 'learning_rate', 'training_loss', 'validation_loss']
  const head = [...names, ...maps.map((map) => `r_${map}`), 'tensors'].join(',')
  const rows = history.map((record) =>
    [
      record.epoch,
      new Date(record.time).toISOString(),
      record.seconds.toFixed(1),
      record.steps,
      record.learningRate,
      record.trainingLoss,
      record.validationLoss,
      ...maps.map((map) => record.correlation[map] ?? ''),
      record.tensors,
    ].join(','),
  )
  return [head, ...rows].join('\n') + '\n'
}
