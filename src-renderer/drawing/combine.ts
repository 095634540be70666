/** a ∪ b, a without b, a ∩ b, or what is in just one of them. */
export const combinations = ['union', 'without', 'intersection', 'difference'] as const
export type Combination = (typeof combinations)[number]

/** Two masks of the same grid combined. */
export function combined(a: Uint8Array, b: Uint8Array, how: Combination): Uint8Array {
  const rules: Record<Combination, (x: number, y: number) => number> = {
    union: (x, y) => x | y,
    without: (x, y) => x & (y ^ 1),
    intersection: (x, y) => x & y,
    difference: (x, y) => x ^ y,
  }
  const rule = rules[how]
  return a.map((inside, at) => rule(inside, b[at]))
}
