/** How the learning rate moves; a spec's `schedule`. */
export type Schedule = {
  /** Iterations over which the learning rate rises linearly to what the method says; absent: none. */
  readonly warmup?: number;
} & (
  | { readonly method: 'cosine'; readonly min: number }
  | {
      readonly method: 'exponential';
      readonly min: number;
      /** Iterations between two steps down. */
      readonly every: number;
      /** The factor of a step; absent: the one that reaches `min` at the end. */
      readonly factor?: number;
    }
  | { readonly method: 'constant' }
);

/**
 * The learning rate of iteration 0 <= t < iterations. Constant; or the cosine from `initial` at t = 0 towards `min`
 * at t = iterations (Loshchilov & Hutter 2017, eq. 5 without restarts; the closed form of CosineAnnealingLR); or
 * multiplied by a factor after the iterations 0, `every`, 2 `every`, ..., but never below `min` (ExponentialLR as the
 * authors step it). The warm-up multiplies by (t + 1) / warmup while that is below 1.
 */
export function learningRate(
  schedule: Schedule,
  initial: number,
  iteration: number,
  iterations: number,
): number {
  const { warmup = 0 } = schedule;
  const rate = withoutWarmup(schedule, initial, iteration, iterations);
  return iteration + 1 < warmup ? (rate * (iteration + 1)) / warmup : rate;
}

function withoutWarmup(schedule: Schedule, initial: number, iteration: number, iterations: number): number {
  if (schedule.method === 'constant') return initial;
  const { min } = schedule;
  if (schedule.method === 'cosine')
    return min + ((initial - min) * (1 + Math.cos((Math.PI * iteration) / iterations))) / 2;
  const { every, factor = (min / initial) ** (every / iterations) } = schedule;
  return Math.max(min, initial * factor ** Math.ceil(iteration / every));
}
