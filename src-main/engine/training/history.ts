import type { MapName } from '@contract'

/** What is known after an epoch. */
export interface EpochRecord {
  epoch: number
  /** Milliseconds since 1970, when it ended. */
  time: number
  seconds: number
  steps: number
  learningRate: number
  /** Mean squared error of the normalised maps. */
  trainingLoss: number
  validationLoss: number
  /** Pearson's r within a study against its maps, mean over the studies that judge. */
  correlation: Partial<Record<MapName, number>>
  /** Tensors alive after the epoch: the same in every one. */
  tensors: number
}

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
