/** Weights on the line from `from` (t = 0) to `to` (t = 1), and beyond: (1 - t) from + t to. */
export function interpolate(from: Float32Array, to: Float32Array, t: number): Float32Array {
  return from.map((value, i) => (1 - t) * value + t * to[i]!);
}

/** From half the way back to half as far again, a tenth at a time. */
export const positions: readonly number[] = Array.from({ length: 21 }, (_, i) => (i - 5) / 10);
