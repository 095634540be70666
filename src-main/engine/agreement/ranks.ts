import { sameLength } from './correlation'
import { normalCdf } from './distributions'

export interface RankTest {
  /** Wilcoxon: the smaller sum of ranks; Mann–Whitney: U of the first sample. */
  statistic: number
  /** Two-sided. */
  p: number
  method: 'exact' | 'asymptotic'
}

/** Ranks from 1, equal values sharing the mean of theirs, and how many values each tie has. */
export function rank(values: ArrayLike<number>): { ranks: Float64Array; ties: number[] } {
  const order = Array.from(values, (_, i) => i).sort((a, b) => values[a] - values[b])
  const ranks = new Float64Array(values.length)
  const ties: number[] = []
  for (let from = 0; from < order.length;) {
    let to = from + 1
    while (to < order.length && values[order[to]] === values[order[from]]) to++
    for (let i = from; i < to; i++) ranks[order[i]] = (from + 1 + to) / 2
    ties.push(to - from)
    from = to
  }
  return { ranks, ties }
}

const cubes = (ties: number[]): number => ties.reduce((sum, t) => sum + t ** 3 - t, 0)

/**
 * Wilcoxon's signed-rank test of pairs, zeros left out (Wilcoxon, Biometrics 1945;1:80). Exact for up to 50 pairs
 * without ties and zeros, and for up to 13 with them (by all sign changes); else the normal approximation with
 * correction for ties and continuity: what scipy.stats.wilcoxon(correction=True) chooses. Null where no pair differs.
 */
export function wilcoxonSignedRank(first: ArrayLike<number>, second: ArrayLike<number>): RankTest | null {
  const pairs = sameLength(first, second)
  const differences = Array.from({ length: pairs }, (_, i) => first[i] - second[i]).filter((d) => d !== 0)
  const n = differences.length
  if (n === 0) return null
  const { ranks, ties } = rank(differences.map(Math.abs))
  let plus = 0
  for (let i = 0; i < n; i++) if (differences[i] > 0) plus += ranks[i]
  const all = (n * (n + 1)) / 2
  const statistic = Math.min(plus, all - plus)
  const plain = ties.length === n && n === pairs
  if (plain ? pairs <= 50 : pairs <= 13) {
    return { statistic, p: Math.min(1, 2 * lowerTailOfRankSums(ranks, statistic)), method: 'exact' }
  }
  const spread = Math.sqrt((n * (n + 1) * (2 * n + 1) - cubes(ties) / 2) / 24)
  const away = statistic - all / 2
  const z = (away - Math.sign(away) * 0.5) / spread
  return { statistic, p: Math.min(1, 2 * normalCdf(z)), method: 'asymptotic' }
}

/** P(sum of a random subset of the ranks ≤ limit); ranks are multiples of ½. */
function lowerTailOfRankSums(ranks: Float64Array, limit: number): number {
  const twice = Array.from(ranks, (r) => Math.round(2 * r))
  const ways = new Float64Array(twice.reduce((sum, r) => sum + r, 0) + 1)
  ways[0] = 1
  let reached = 0
  for (const r of twice) {
    reached += r
    for (let sum = reached; sum >= r; sum--) ways[sum] += ways[sum - r]
  }
  let below = 0
  for (let sum = 0; sum <= Math.round(2 * limit); sum++) below += ways[sum]
  return below / 2 ** twice.length
}

/**
 * Mann–Whitney U test of two independent samples (Ann Math Stat 1947;18:50): exact where one has at most 8 values and
 * none are tied, else the normal approximation with correction for ties and continuity, as scipy.stats.mannwhitneyu
 * chooses. Null where a sample is empty, or all values are equal.
 */
export function mannWhitney(first: ArrayLike<number>, second: ArrayLike<number>): RankTest | null {
  const [n1, n2] = [first.length, second.length]
  if (n1 === 0 || n2 === 0) return null
  const { ranks, ties } = rank([...Array.from(first), ...Array.from(second)])
  if (ties.length === 1 && n1 + n2 > 1) return null
  let sum = 0
  for (let i = 0; i < n1; i++) sum += ranks[i]
  const statistic = sum - (n1 * (n1 + 1)) / 2
  const larger = Math.max(statistic, n1 * n2 - statistic)
  const tied = ties.length < n1 + n2
  if (!tied && Math.min(n1, n2) <= 8) {
    const p = Math.min(1, 2 * lowerTailOfU(n1, n2, n1 * n2 - larger))
    return { statistic, p, method: 'exact' }
  }
  const n = n1 + n2
  const spread = Math.sqrt(((n1 * n2) / 12) * (n + 1 - cubes(ties) / (n * (n - 1))))
  const z = (larger - (n1 * n2) / 2 - 0.5) / spread
  return { statistic, p: Math.min(1, 2 * normalCdf(-z)), method: 'asymptotic' }
}

/** P(U ≤ limit) for samples of n1 and n2: the share of ways to choose n1 of the ranks, counted rank by rank. */
function lowerTailOfU(n1: number, n2: number, limit: number): number {
  const most = n1 * n2
  // ways[chosen][U]: each chosen rank adds the number of ranks below it that are not chosen.
  const ways = Array.from({ length: n1 + 1 }, () => new Float64Array(most + 1))
  ways[0][0] = 1
  for (let below = 0; below < n1 + n2; below++) {
    for (let chosen = Math.min(n1 - 1, below); chosen >= Math.max(0, below - n2); chosen--) {
      const added = below - chosen
      for (let u = 0; u + added <= most; u++) ways[chosen + 1][u + added] += ways[chosen][u]
    }
  }
  let [all, low] = [0, 0]
  for (let u = 0; u <= most; u++) {
    all += ways[n1][u]
    if (u <= limit) low += ways[n1][u]
  }
  return low / all
}

/** p-values adjusted for their number (Holm, Scand J Stat 1979;6:65), in the order given. */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, i) => i).sort((a, b) => ps[a] - ps[b])
  const adjusted = new Array<number>(ps.length)
  let highest = 0
  order.forEach((index, place) => {
    highest = Math.max(highest, Math.min(1, (ps.length - place) * ps[index]))
    adjusted[index] = highest
  })
  return adjusted
}
