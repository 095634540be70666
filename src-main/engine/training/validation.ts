import type { MapName } from '@contract'
import { stopIfCancelled, type Run } from '../compute/run'
import type { Learner } from '../networks'
import { wholeSlice, type SliceChoice } from './batches'
import type { DatasetCache } from './cache'

/** Sums for Pearson's r of one map in one study. */
class Correlation {
  private n = 0
  private x = 0
  private y = 0
  private xx = 0
  private yy = 0
  private xy = 0

  add(x: number, y: number): void {
    this.n++
    this.x += x
    this.y += y
    this.xx += x * x
    this.yy += y * y
    this.xy += x * y
  }

  value(): number {
    const { n, x, y, xx, yy, xy } = this
    const spread = Math.sqrt((n * xx - x * x) * (n * yy - y * y))
    return spread > 0 ? (n * xy - x * y) / spread : 0
  }
}

export interface Judgement {
  loss: number
  correlation: Partial<Record<MapName, number>>
}

/** The loss and the correlations of a network over whole slices that it does not learn from. */
export async function judge(
  learner: Pick<Learner, 'predict'>,
  data: DatasetCache,
  slices: readonly SliceChoice[],
  options: { stride: number; lossRegion: 'known' | 'image' },
  run: Run = {},
): Promise<Judgement> {
  const maps = data.outputs.map(({ map }) => map)
  const byStudy = new Map<string, Correlation[]>()
  let [squares, counted] = [0, 0]
  for (const chosen of slices) {
    stopIfCancelled(run)
    const batch = await wholeSlice(data, chosen, options.stride)
    const predicted = await learner.predict(batch)
    const sums = byStudy.get(chosen.study.study) ?? maps.map(() => new Correlation())
    byStudy.set(chosen.study.study, sums)
    for (let i = 0; i < predicted.length; i++) {
      const target = batch.target[i]
      const known = target >= 0
      if (!known && options.lossRegion === 'known') continue
      const error = predicted[i] - (known ? target : 0)
      squares += error * error
      counted++
      if (known) sums[i % maps.length].add(predicted[i], target)
    }
    await new Promise(setImmediate)
  }
  const correlation: Judgement['correlation'] = {}
  maps.forEach((map, channel) => {
    const values = [...byStudy.values()].map((sums) => sums[channel].value())
    correlation[map] = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
  })
  return { loss: squares / Math.max(1, counted), correlation }
}
