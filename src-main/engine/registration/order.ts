/** The middle value (of an even number, the upper of the two in the middle); 0 of nothing. */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort()
  return sorted.length === 0 ? 0 : sorted[sorted.length >> 1]
}

/** The median size of the first `count` numbers, from every seventh where there are many. */
export function medianOfPositive(values: Float32Array, count: number): number {
  const stride = count > 7000 ? 7 : 1
  const sizes = new Float32Array(Math.floor(count / stride))
  for (let i = 0; i < sizes.length; i++) sizes[i] = Math.abs(values[i * stride])
  sizes.sort()
  return sizes.length === 0 ? 0 : sizes[sizes.length >> 1]
}
