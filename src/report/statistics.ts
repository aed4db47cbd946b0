import jStat from 'jstat';
import { exactSum } from './exact-sum.ts';

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
 * would cover the mean in 81 % (n = 3) instead of 95 % of the cases. Equal values have exactly that mean and no spread;
 * values of any size or offset have both to about the last digit. An interval that no number can hold ends at the largest.
 */
export function summarise(values: readonly number[]): Statistics {
  const n = values.length;
  // Without the sign that a zero may have.
  const [min, max] = [Math.min(...values) + 0, Math.max(...values) + 0];
  if (n === 0 || !Number.isFinite(min) || !Number.isFinite(max))
    throw new RangeError(`Expected one or more finite values, got ${values.join(', ') || 'none'}`);
  // By a power of two, which costs no digit: neither sums nor squares overflow or vanish.
  const scale = 2 ** -Math.max(-1000, Math.min(1000, exponentOf(Math.max(-min, max))));
  const [scaledMean, scaledStd] = momentsOf(values.map(value => value * scale));
  const mean = Math.min(max, Math.max(min, scaledMean / scale)) + 0;
  if (n === 1) return { n, mean, ci: null, std: null, min, max };
  const halfWidth = (studentQuantile(n - 1) * scaledStd) / Math.sqrt(n) / scale;
  const ci: [number, number] = [held(mean - halfWidth), held(mean + halfWidth)];
  return { n, mean, ci, std: held(scaledStd / scale), min, max };
}

/** Half the width of an interval, which is even about its mean; null without one. */
export const halfWidthOf = (ci: Statistics['ci']): number | null =>
  ci === null ? null : ci[1] / 2 - ci[0] / 2;

/** Mean and sample deviation of values of moderate size. */
function momentsOf(values: readonly number[]): [mean: number, std: number] {
  const n = values.length;
  const mean = exactSum(values) / n;
  if (values.every(value => value === values[0])) return [values[0]!, 0];
  const differences = values.map(value => exactDifference(value, mean));
  // The squares are of differences to the mean as it was rounded; what that adds is taken off (Chan, Golub, LeVeque 1983).
  const rounding = exactSum(differences.flat());
  const squares = exactSum(differences.map(([high, low]) => (high + low) ** 2)) - rounding ** 2 / n;
  return [mean, Math.sqrt(Math.max(0, squares) / (n - 1))];
}

/** a - b as the nearest number and what it was rounded by (Knuth's two-sum). */
function exactDifference(a: number, b: number): [difference: number, rounding: number] {
  const difference = a - b;
  const part = difference - a;
  return [difference, a - (difference - part) - (b + part)];
}

/** The power of two just below a positive number; of 0 the lowest there is. */
const exponentOf = (value: number): number => (value === 0 ? -1074 : Math.floor(Math.log2(value)));

const held = (value: number): number => Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));

/** The two-sided quantile of Student's t for the confidence above: the library's, which has eight digits, made exact. */
export function studentQuantile(degreesOfFreedom: number): number {
  const { inv, pdf } = jStat.studentt;
  const start = inv((1 + confidence) / 2, degreesOfFreedom);
  return start - (shareWithin(start, degreesOfFreedom) - confidence) / (2 * pdf(start, degreesOfFreedom));
}

/** The probability of |T| < t, for whole degrees of freedom a finite sum (Abramowitz and Stegun 26.7.3 and 26.7.4). */
function shareWithin(t: number, degreesOfFreedom: number): number {
  const angle = Math.atan(t / Math.sqrt(degreesOfFreedom));
  const isOdd = degreesOfFreedom % 2 === 1;
  let term = isOdd ? Math.cos(angle) : 1;
  let sum = degreesOfFreedom === 1 ? 0 : term;
  for (let power = isOdd ? 3 : 2; power <= degreesOfFreedom - 2; power += 2) {
    term *= ((power - 1) / power) * Math.cos(angle) ** 2;
    sum += term;
  }
  return isOdd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
}
