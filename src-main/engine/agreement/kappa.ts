import type { VoxelCounts } from './overlap'

/**
 * Cohen's κ of two raters over voxels, inside or outside (Cohen, Educ Psychol Meas 1960;20:37): (po − pe) / (1 − pe)
 * with the agreement po that was seen and pe that chance gives. Null where both called every voxel alike the same.
 */
export function cohenKappa({ first, second, both, total }: VoxelCounts): number | null {
  const neither = total - first - second + both
  const seen = (both + neither) / total
  const chance = (first / total) * (second / total) + (1 - first / total) * (1 - second / total)
  return chance < 1 ? (seen - chance) / (1 - chance) : null
}

/**
 * Fleiss' κ of several raters over subjects in categories (Fleiss, Psychol Bull 1971;76:378). `rows` are distinct
 * patterns of [how many raters chose category 0, 1, …]; `counts` says how many subjects show each. Every subject has
 * the same number of raters, at least two. Null where all chose one category throughout.
 */
export function fleissKappa(rows: readonly (readonly number[])[], counts: readonly number[]): number | null {
  const raters = rows[0]?.reduce((sum, value) => sum + value, 0) ?? 0
  const subjects = counts.reduce((sum, value) => sum + value, 0)
  if (raters < 2 || subjects === 0) return null
  const shares = rows[0].map(
    (_, category) => rows.reduce((sum, row, i) => sum + row[category] * counts[i], 0) / (subjects * raters),
  )
  const chance = shares.reduce((sum, share) => sum + share * share, 0)
  const pairs = raters * (raters - 1)
  const seen =
    rows.reduce(
      (sum, row, i) => sum + (counts[i] * (row.reduce((s, v) => s + v * v, 0) - raters)) / pairs,
      0,
    ) / subjects
  return chance < 1 ? (seen - chance) / (1 - chance) : null
}
