/** How the learning rate moves; a spec's `schedule`. */
export type Schedule = { readonly method: 'cosine'; readonly min: number } | { readonly method: 'constant' };

/**
 * The learning rate of iteration 0 <= t < iterations: constant, or the cosine from `initial` at t = 0 towards `min`
 * at t = iterations (Loshchilov & Hutter 2017, eq. 5 without restarts; the closed form of CosineAnnealingLR).
 */
export function learningRate(
  schedule: Schedule,
  initial: number,
  iteration: number,
  iterations: number,
): number {
  if (schedule.method === 'constant') return initial;
  return schedule.min + ((initial - schedule.min) * (1 + Math.cos((Math.PI * iteration) / iterations))) / 2;
}
