import type { PhantomOptions } from '../phantom'

export const experimentNames = ['points', 'dose', 'filter'] as const
export type ExperimentName = (typeof experimentNames)[number]

/** One way to scan, or to prepare, the same patient. */
export interface Condition {
  label: string
  change: Partial<Pick<PhantomOptions, 'volumes' | 'interval' | 'noise'>>
  filter: { spatial: number; range: number } | null
}

/** The paper's protocol: 89 volumes in 44.5 s; noise of a voxel of 0.9 mm at its dose, HU. */
const DURATION = 44
const PAPER_NOISE = 5
const usual = { volumes: 45, interval: 1, noise: PAPER_NOISE }

/** The claims of the paper as experiments: its protocol with fewer time points, at a lower dose, filtered or not. */
export const experiments: Record<ExperimentName, { title: string; conditions: Condition[] }> = {
  points: {
    title: 'Fewer time points over the same 44 s',
    conditions: [89, 45, 30, 22, 15].map((volumes) => ({
      label: `${volumes} points`,
      change: { ...usual, volumes, interval: DURATION / (volumes - 1) },
      filter: null,
    })),
  },
  dose: {
    title: 'Lower dose: noise of 5 HU and its multiples (45 time points)',
    conditions: [1, 1.5, 2, 3].map((times) => ({
      label: `noise × ${times}`,
      change: { ...usual, noise: PAPER_NOISE * times },
      filter: null,
    })),
  },
  filter: {
    title: 'Unfiltered and filtered input (bilateral, 3 mm, 20 HU; 45 time points)',
    conditions: [null, { spatial: 3, range: 20 }].map((filter) => ({
      label: filter ? 'filtered' : 'unfiltered',
      change: usual,
      filter,
    })),
  },
}
