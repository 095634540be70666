import { Matrix, SingularValueDecomposition } from 'ml-matrix'
import type { TruncatedInverse } from './inverse'

/**
 * Truncated inverse of the lower-triangular Toeplitz convolution matrix (sSVD; Østergaard et al., Magn Reson Med
 * 1996;36:715). `column` is its first column ([N], enhancement; Simpson-weighted or plain), `step` in seconds;
 * components below threshold × largest singular value are dropped. Not shift-invariant: it cannot express a tissue
 * that enhances before the artery.
 */
export function invertToeplitz(column: Float64Array, step: number, threshold: number): TruncatedInverse {
  const n = column.length
  const matrix = Matrix.zeros(n, n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) matrix.set(i, j, step * column[i - j])
  }
  const { leftSingularVectors, rightSingularVectors, diagonal } = new SingularValueDecomposition(matrix, {
    autoTranspose: true,
  })
  const largest = diagonal[0] ?? 0
  const rank = diagonal.filter((value) => value > 0 && value >= threshold * largest).length
  const input = new Float64Array(rank * n)
  const output = new Float64Array(n * rank)
  const fitted = new Float64Array(n * rank)
  for (let r = 0; r < rank; r++) {
    for (let i = 0; i < n; i++) {
      input[r * n + i] = leftSingularVectors.get(i, r)
      output[i * rank + r] = rightSingularVectors.get(i, r) / diagonal[r]
      fitted[i * rank + r] = leftSingularVectors.get(i, r)
    }
  }
  return {
    samples: n,
    rank,
    input,
    output,
    residueSamples: n,
    residueStep: step,
    circular: false,
    fitted,
    fittedSamples: n,
    fittedStep: step,
    singularValues: Float64Array.from(diagonal.slice(0, rank)),
    largestSingularValue: largest,
  }
}
