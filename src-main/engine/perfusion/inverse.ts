/**
 * A truncated inverse of the convolution with the arterial input, in factors: R = output · input · C. Keeping the few
 * components above the threshold instead of their N × 2N product is the same map at a fraction of the arithmetic.
 */
export interface TruncatedInverse {
  /** Samples of the uniform grid the input takes. */
  samples: number
  rank: number
  /** [rank × samples]: coordinates of an enhancement curve. */
  input: Float64Array
  /** Flow-scaled residue (1/s) from the coordinates, [residueSamples × rank]. */
  output: Float64Array
  residueSamples: number
  /** Seconds between residue samples. */
  residueStep: number
  /** The residue is periodic: the second half of its samples stands for negative times. */
  circular: boolean
  /** The fitted enhancement curve from the coordinates, [fittedSamples × rank]. */
  fitted: Float64Array
  fittedSamples: number
  fittedStep: number
  /** Singular values of the kept components, falling, [rank]. */
  singularValues: Float64Array
  largestSingularValue: number
}
