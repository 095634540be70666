/** When the learning rate was last worth keeping. */
export interface PlateauState {
  learningRate: number
  /** The loss that later ones must beat. */
  plateauLoss: number
  /** Epochs since it was beaten. */
  stalled: number
}

/**
 * The learning rate after another epoch: cut by `factor` once the validation loss has not fallen by the share `least`
 * for more than `patience` epochs (as torch's ReduceLROnPlateau, threshold_mode rel).
 */
export function afterEpoch(
  state: PlateauState,
  loss: number,
  { factor, patience, least }: { factor: number; patience: number; least: number },
): PlateauState {
  if (loss < state.plateauLoss * (1 - least)) return { ...state, plateauLoss: loss, stalled: 0 }
  const stalled = state.stalled + 1
  if (stalled <= patience) return { ...state, stalled }
  return { ...state, learningRate: state.learningRate * factor, stalled: 0 }
}
