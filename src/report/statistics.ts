import jStat from 'jstat';

/** What is known about one metric of one cell from its repeats. */
export interface Statistics {
  n: number;
  mean: number;
  /** Student-t interval of the mean; null when n = 1, where a spread cannot be known. */
  ci: [low: number, high: number] | null;
  /** Sample standard deviation (divisor n - 1); null when n = 1. */
  std: number | null;
  min: number;
  max: number;
}

/** The share of such intervals that hold the true mean. */
export const confidence = 0.95;

/**
 * Mean, Student-t interval, standard deviation and range of at least one finite value. The interval is
 * mean ± t(0.975, n - 1) * std / sqrt(n): with the few repeats of these experiments a normal quantile instead of t
 * would cover the mean in 81 % (n = 3) instead of 95 % of the cases.
 */
export function summarise(values: readonly number[]): Statistics {
  const n = values.length;
  const mean = sum(values) / n;
  const [min, max] = [Math.min(...values), Math.max(...values)];
  if (n === 1) return { n, mean, ci: null, std: null, min, max };
  const std = Math.sqrt(sum(values.map(value => (value - mean) ** 2)) / (n - 1));
  const halfWidth = (studentQuantile(n - 1) * std) / Math.sqrt(n);
  return { n, mean, ci: [mean - halfWidth, mean + halfWidth], std, min, max };
}

/** The two-sided quantile of Student's t for the confidence above. */
export function studentQuantile(degreesOfFreedom: number): number {
  return jStat.studentt.inv((1 + confidence) / 2, degreesOfFreedom);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
