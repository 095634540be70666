import { createHash } from 'node:crypto'
import type { RiskAssessment, RiskChoice, VoxelArray } from '@contract'
import { tissueAtRiskSchema } from '@contract'
import type { Run } from '../compute/run'
import { callInWorker } from '../compute/workerRun'
import { onePagePng, type Judgement } from '../export'
import type { PerfusionMaps } from '../perfusion'
import type { VolumeSeries } from '../volume'
import type { VoxelRegistry } from './voxelRegistry'

/** The choices of a person are tried back and forth; more than this many are not kept. */
const KEPT = 12

/**
 * Tissue at risk of the maps of the open study, found in a worker so that the engine goes on answering. `series` gives the
 * images as the maps were made of them; it is asked only where something has to be found.
 */
export interface RiskSession {
  judge(
    mapsId: string,
    series: () => Promise<VolumeSeries>,
    maps: PerfusionMaps,
    choice: RiskChoice,
    run: Run,
  ): Promise<Judgement>
  assess(
    mapsId: string,
    series: () => Promise<VolumeSeries>,
    maps: PerfusionMaps,
    choice: RiskChoice,
    run: Run,
  ): Promise<RiskAssessment>
  /** Takes in what a run has found of maps it made, and the maps of the network that every judgement of them is compared with. */
  adopt(mapsId: string, choice: RiskChoice, judgement: Judgement, predicted: PerfusionMaps | null): void
  onePage(
    mapsId: string,
    series: () => Promise<VolumeSeries>,
    maps: PerfusionMaps,
    choice: RiskChoice,
    run: Run,
  ): Promise<VoxelArray>
  /** Skull, fluid, large vessels and midline. */
  structures(
    mapsId: string,
    series: () => Promise<VolumeSeries>,
    maps: PerfusionMaps,
    run: Run,
  ): Promise<VoxelArray>
  clear(): void
}

export function createRiskSession(voxels: VoxelRegistry): RiskSession {
  /** The least recently used first. */
  const judged = new Map<string, Judgement>()
  /** Of the maps of the last run. */
  let beside: { mapsId: string; predicted: PerfusionMaps | null } | null = null
  /** Of the maps they were last asked of. */
  let structures: { mapsId: string; labels: VoxelArray } | null = null

  function idOf(mapsId: string, choice: RiskChoice): string {
    const chosen = createHash('sha256').update(JSON.stringify(choice)).digest('hex').slice(0, 12)
    return `${mapsId}-risk-${chosen}`
  }

  function keep(id: string, judgement: Judgement): void {
    judged.delete(id)
    judged.set(id, judgement)
    for (const old of [...judged.keys()].slice(0, -KEPT)) {
      judged.delete(old)
      for (const part of ['core', 'hypoperfusion', 'page']) voxels.forget(`${old}-${part}`)
    }
  }

  async function judge(
    mapsId: string,
    series: () => Promise<VolumeSeries>,
    maps: PerfusionMaps,
    choice: RiskChoice,
    run: Run,
  ): Promise<Judgement> {
    const id = idOf(mapsId, choice)
    const known = judged.get(id)
    if (known) return known
    run.onProgress?.(0, 'Finding the tissue at risk')
    const judgement = await callInWorker<Judgement>(
      'judgement',
      'judgeMaps',
      [await series(), maps, choice, beside?.mapsId === mapsId ? beside.predicted : null],
      run,
    )
    keep(id, judgement)
    return judgement
  }

  return {
    judge,
    adopt: (mapsId, choice, judgement, predicted) => {
      beside = { mapsId, predicted }
      keep(idOf(mapsId, choice), judgement)
    },
    assess: async (mapsId, series, maps, choice, run) => {
      const { assessment, quality } = await judge(mapsId, series, maps, choice, run)
      const id = idOf(mapsId, choice)
      const register = (part: 'core' | 'hypoperfusion'): VoxelArray =>
        voxels.register(`${id}-${part}`, {
          voxels: assessment[part],
          geometry: maps.geometry,
          frames: 1,
          unit: '',
        })
      return {
        mapsId,
        tissueAtRisk: tissueAtRiskSchema.parse(assessment),
        core: register('core'),
        hypoperfusion: register('hypoperfusion'),
        quality,
      }
    },
    onePage: async (mapsId, series, maps, choice, run) => {
      const judgement = await judge(mapsId, series, maps, choice, run)
      run.onProgress?.(0.5, 'Drawing the page')
      const png = await onePagePng({
        series: await series(),
        result: maps,
        ...judgement,
        created: new Date(),
      })
      const geometry = { ...maps.geometry, size: [png.length, 1, 1] as [number, number, number] }
      return voxels.register(`${idOf(mapsId, choice)}-page`, { voxels: png, geometry, frames: 1, unit: '' })
    },
    structures: async (mapsId, series, maps, run) => {
      if (structures?.mapsId === mapsId) return structures.labels
      const { mask, aif, baselineFrames, geometry } = maps
      const found = { mask, aif, baselineFrames }
      run.onProgress?.(0, 'Telling skull, fluid and vessels apart')
      const labels = await callInWorker<Uint8Array>(
        'judgement',
        'structureLabels',
        [await series(), found],
        run,
      )
      if (structures) voxels.forget(structures.labels.id)
      const content = { voxels: labels, geometry, frames: 1, unit: '' }
      structures = { mapsId, labels: voxels.register(`${mapsId}-structures`, content) }
      return structures.labels
    },
    clear: () => {
      structures = null
      beside = null
      judged.clear()
    },
  }
}
