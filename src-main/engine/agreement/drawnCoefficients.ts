/** Coefficients of pairs that a bootstrap needs thousands of times; NaN where they have no value. */
export interface DrawnCoefficients {
  pearson: number
  concordance: number
  icc21: number
  icc31: number
}

/**
 * Pearson's r, Lin's concordance, ICC(2,1) and ICC(3,1) of the pairs at `drawn` in one pass: what `pearson`,
 * `linConcordance` and `intraclassCorrelation` give for them. For two raters the mean squares follow from variances and
 * covariance: MSB = (sx² + sy² + 2 sxy) / 2, MSE = (sx² + sy² − 2 sxy) / 2, MSJ = n (x̄ − ȳ)² / 2.
 */
export function drawnCoefficients(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  drawn: ArrayLike<number>,
): DrawnCoefficients {
  const n = drawn.length
  let [meanFirst, meanSecond, squaresFirst, squaresSecond, products] = [0, 0, 0, 0, 0]
  for (let i = 0; i < n; i++) {
    const [a, b] = [first[drawn[i]], second[drawn[i]]]
    const fromFirst = a - meanFirst
    const fromSecond = b - meanSecond
    meanFirst += fromFirst / (i + 1)
    meanSecond += fromSecond / (i + 1)
    squaresFirst += fromFirst * (a - meanFirst)
    squaresSecond += fromSecond * (b - meanSecond)
    products += fromFirst * (b - meanSecond)
  }
  const shift2 = (meanFirst - meanSecond) ** 2
  const sum = squaresFirst + squaresSecond
  const error = (sum - 2 * products) / (2 * (n - 1))
  const both = sum / (n - 1)
  return {
    pearson: products / Math.sqrt(squaresFirst * squaresSecond),
    concordance: (2 * products) / (sum + n * shift2),
    icc21: (2 * products) / (n - 1) / (both + shift2 - (2 * error) / n),
    icc31: (2 * products) / sum,
  }
}
