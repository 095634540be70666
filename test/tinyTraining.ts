/** A training so small that an epoch takes a moment on any backend. */
export const tinyTraining = {
  name: 'tiny',
  data: { kind: 'cohort', patients: 2, seed: 3, size: 48, slices: 1, thickness: 10 },
  network: { name: 'perfusion-unet', depth: 1, width: 2, widest: 4, batchNormalisation: false },
  input: { timePoints: 8, interval: 4, spacing: 5 },
  split: { validation: 1 },
  window: [16, 16],
  batch: 1,
  epochs: 3,
  optimiser: { name: 'adam' },
}
