export const interpolations = ['bilinear', 'bicubic'] as const;
export type Interpolation = (typeof interpolations)[number];

/** Weights by the distance to the middle: none from `support` on. */
interface Filter {
  readonly support: number;
  weight(distance: number): number;
}

const filters: Record<Interpolation, Filter> = {
  bilinear: { support: 1, weight: x => Math.max(0, 1 - Math.abs(x)) },
  // Keys 1981, with a = -0.5.
  bicubic: {
    support: 2,
    weight(distance) {
      const x = Math.abs(distance);
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
    },
  },
};

/** Which places of a row (or column) some places of it, resized, are sums of. */
export interface Taps {
  readonly places: number;
  /** The most that one is a sum of. */
  readonly most: number;
  /** [places, most]: weights, of which 2^22 is one. */
  readonly weights: Int32Array;
  /** [places, 2]: the first place of the original, and how many. */
  readonly spans: Uint32Array;
}

/** Bits behind the point of a weight. */
const precision = 22;

/**
 * The taps of `places` places from `from` on, where a row of `original` becomes one of `resized`. The filter is as wide as
 * the scale asks, and never narrower than the original's places; at the ends weights are those that are left, scaled to a
 * sum of one. The very operations of PIL's resampling, in doubles, then rounded to 22 bits behind the point as there.
 */
export function tapsOf(
  interpolation: Interpolation,
  original: number,
  resized: number,
  from: number,
  places: number,
): Taps {
  const { support, weight } = filters[interpolation];
  const scale = original / resized;
  const wide = Math.max(scale, 1);
  const narrow = 1 / wide;
  const reach = support * wide;
  const most = Math.ceil(reach) * 2 + 1;
  const weights = new Int32Array(places * most);
  const spans = new Uint32Array(places * 2);
  const exact = new Float64Array(most);
  for (let place = 0; place < places; place++) {
    const middle = (from + place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(middle - reach + 0.5));
    const count = Math.min(original, Math.trunc(middle + reach + 0.5)) - first;
    let sum = 0;
    for (let k = 0; k < count; k++) {
      exact[k] = weight((first + k - middle + 0.5) * narrow);
      sum += exact[k]!;
    }
    for (let k = 0; k < count; k++) {
      const whole = (exact[k]! / sum) * 2 ** precision;
      weights[place * most + k] = Math.trunc(whole + (whole < 0 ? -0.5 : 0.5));
    }
    spans.set([first, count], 2 * place);
  }
  return { places, most, weights, spans };
}
