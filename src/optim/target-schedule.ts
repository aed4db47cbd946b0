/** How the learning rate moves while an original network is trained; a spec's `target.train.schedule`, in epochs. */
export type OriginalSchedule = {
  /** Epochs over which the rate rises linearly to what the method says. */
  readonly warmup: number;
} & (
  | {
      readonly method: 'steps';
      /** Epochs after which the rate is multiplied by `factor`, once each. */
      readonly at: readonly number[];
      readonly factor: number;
    }
  | { readonly method: 'cosine'; readonly min: number }
);

/**
 * The learning rate of the iteration that begins after `epoch` of `epochs`, 0 <= epoch < epochs, a fraction within each.
 * Steps down (MultiStepLR), or the cosine from `initial` to `min` (CosineAnnealingLR, moved in every iteration).
 */
export function originalRate(
  schedule: OriginalSchedule,
  initial: number,
  epoch: number,
  epochs: number,
): number {
  const rise = epoch < schedule.warmup ? epoch / schedule.warmup : 1;
  return rise * afterWarmup(schedule, initial, epoch, epochs);
}

function afterWarmup(schedule: OriginalSchedule, initial: number, epoch: number, epochs: number): number {
  if (schedule.method === 'steps')
    return initial * schedule.factor ** schedule.at.filter(at => at <= epoch).length;
  const { min, warmup } = schedule;
  // The cosine begins where the warm-up ends.
  const done = Math.max(0, epoch - warmup) / (epochs - warmup);
  return min + ((initial - min) * (1 + Math.cos(Math.PI * done))) / 2;
}
