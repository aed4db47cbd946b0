/** Which losses are compared with each other, and when one is taken. */
export interface LossWindow {
  readonly window: number;
  readonly every: number;
}

/**
 * Whether the loss of parameters that `iterations` made is taken into the window of a phase, and the window with it: the
 * latest losses, this one the last. `isLowest` as soon as the window is full and none in it is lower, as in the authors'
 * code, which evaluates then.
 */
export function take(
  { window, every }: LossWindow,
  losses: readonly number[],
  iterations: number,
  loss: number,
): { losses: readonly number[]; isLowest: boolean } {
  if (iterations % every !== 0) return { losses, isLowest: false };
  const latest = [...losses, loss].slice(-window);
  return { losses: latest, isLowest: latest.length === window && loss <= Math.min(...latest) };
}
