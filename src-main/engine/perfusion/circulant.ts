import type { TruncatedInverse } from './inverse'

/**
 * First column of the block-circulant convolution matrix (length 2N) with the Simpson-like weights
 * (a[k−1] + 4a[k] + a[k+1])/6 of Østergaard et al. 1996 and Wu et al. 2003; not multiplied by the time step.
 */
export function simpsonColumn(aif: ArrayLike<number>, length: number): Float64Array {
  const n = aif.length
  const column = new Float64Array(length)
  for (let k = 0; k <= n && k < length; k++) {
    const before = k > 0 ? aif[k - 1] : 0
    const here = k < n ? aif[k] : 0
    const after = k + 1 < n ? aif[k + 1] : 0
    column[k] = (before + 4 * here + after) / 6
  }
  return column
}

const POINTS_PER_PERIOD = 8

/** The arterial samples themselves, zero-padded to `length`: exact for curves sampled finely enough. */
export function plainColumn(aif: ArrayLike<number>, length: number): Float64Array {
  const column = new Float64Array(length)
  for (let k = 0; k < aif.length; k++) column[k] = aif[k]
  return column
}

/**
 * Truncated inverse of the circulant matrix whose first column is `column` (length L), for curves of `samples` samples
 * zero-padded to L. A circulant matrix is diagonal in the Fourier basis: its singular values are the moduli of the
 * column's discrete Fourier transform, its singular vectors sines and cosines, so no iterative decomposition is
 * needed. Components below threshold × largest are dropped. The residue is band-limited, so it may be evaluated at any
 * `spacing` exactly, and so may the fitted curve; without one, eight times in the shortest kept period.
 *
 * Units: column and curves in enhancement, `step` and `spacing` in seconds; the residue comes out in 1/s.
 */
export function invertCirculant(
  column: Float64Array,
  samples: number,
  step: number,
  threshold: number,
  spacing?: number,
): TruncatedInverse {
  const length = column.length
  const components = fourierComponents(column, step)
  const largest = components[0]?.modulus ?? 0
  const kept = components.filter(({ modulus }) => modulus > 0 && modulus >= threshold * largest)
  const rank = kept.reduce((sum, { single }) => sum + (single ? 1 : 2), 0)
  const highest = Math.max(1, ...kept.map(({ frequency }) => frequency))
  const finer = spacing === undefined ? (POINTS_PER_PERIOD * highest) / length : step / spacing
  const residueSamples = Math.round(length * finer)
  const fittedSamples = Math.max(2, Math.round((samples - 1) * finer) + 1)
  const input = new Float64Array(rank * samples)
  const output = new Float64Array(residueSamples * rank)
  const fitted = new Float64Array(fittedSamples * rank)
  const singularValues = new Float64Array(rank)
  const perResidue = length / residueSamples
  const perFitted = (samples - 1) / (fittedSamples - 1)
  let row = 0
  for (const { frequency, modulus, phase, single } of kept) {
    const omega = (2 * Math.PI * frequency) / length
    const weight = (single ? 1 : 2) / length
    // C's transform is X − iY with X, Y its cosine and sine sums; dividing by modulus·e^{i·phase} shifts the residue.
    for (const part of single ? ['cosine' as const] : ['cosine' as const, 'sine' as const]) {
      const wave = part === 'cosine' ? Math.cos : Math.sin
      for (let m = 0; m < samples; m++) input[row * samples + m] = wave(omega * m)
      for (let i = 0; i < residueSamples; i++) {
        output[i * rank + row] = (weight / modulus) * wave(omega * i * perResidue + phase)
      }
      for (let i = 0; i < fittedSamples; i++) fitted[i * rank + row] = weight * wave(omega * i * perFitted)
      singularValues[row] = modulus
      row++
    }
  }
  return {
    samples,
    rank,
    input,
    output,
    residueSamples,
    residueStep: step * perResidue,
    circular: true,
    fitted,
    fittedSamples,
    fittedStep: step * perFitted,
    singularValues,
    largestSingularValue: largest,
  }
}

interface FourierComponent {
  frequency: number
  modulus: number
  /** Phase to add when the component is divided out: A = modulus·e^{i·transform}, phase = −transform. */
  phase: number
  /** The constant and the alternating component have no sine partner. */
  single: boolean
}

/** The column's discrete Fourier transform times `step`, by falling modulus. */
function fourierComponents(column: Float64Array, step: number): FourierComponent[] {
  const length = column.length
  const components: FourierComponent[] = []
  for (let frequency = 0; 2 * frequency <= length; frequency++) {
    const omega = (2 * Math.PI * frequency) / length
    let real = 0
    let imaginary = 0
    for (let k = 0; k < length; k++) {
      real += column[k] * Math.cos(omega * k)
      imaginary -= column[k] * Math.sin(omega * k)
    }
    components.push({
      frequency,
      modulus: step * Math.hypot(real, imaginary),
      phase: -Math.atan2(imaginary, real),
      single: frequency === 0 || 2 * frequency === length,
    })
  }
  return components.sort((a, b) => b.modulus - a.modulus)
}
