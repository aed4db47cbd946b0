import type { Random } from '../../random.ts';

/** A draw of the symmetric beta distribution with both parameters `alpha` (above 0): one of two gammas in their sum. */
export function beta(alpha: number, random: Random): number {
  // By logarithms: draws of a small alpha underflow.
  const [one, other] = [logGamma(alpha, random), logGamma(alpha, random)];
  return 1 / (1 + Math.exp(other - one));
}

/**
 * The logarithm of a draw of the gamma distribution: Marsaglia and Tsang (2000) for a shape of one more, which a power of a
 * uniform draw turns into this one.
 */
function logGamma(shape: number, random: Random): number {
  const d = shape + 1 - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = random.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(open(random)) < x ** 2 / 2 + d * (1 - v + Math.log(v)))
      return Math.log(d * v) + Math.log(open(random)) / shape;
  }
}

/** Evenly in (0, 1]. */
const open = (random: Random) => 1 - random.uniform();
