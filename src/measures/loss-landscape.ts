import type { Tensor } from '../graph/tensor.ts';
import type { Random } from '../random.ts';
import { filtersOf } from './layers.ts';
import { norm } from './norms.ts';

/**
 * A random direction in the space of weights, each filter scaled to the norm of the network's own one (Li et al. 2018):
 * networks whose weights have other sizes, but which compute the same, then have the same landscape.
 */
export function randomDirection(layers: readonly Tensor[], random: Random): Tensor[] {
  const draws = layers.map(({ shape, data }) => ({ shape, data: data.map(() => random.normal()) }));
  return normaliseFilters(draws, layers);
}

/** `direction` with each filter scaled to the norm of that of `layers`; a filter of zeros stays zero. */
export function normaliseFilters(direction: readonly Tensor[], layers: readonly Tensor[]): Tensor[] {
  return direction.map((tensor, l) => {
    const like = filtersOf(layers[l]!);
    const data = Float32Array.from(tensor.data);
    filtersOf({ shape: tensor.shape, data }).forEach((filter, f) => {
      const length = norm(filter);
      const factor = length === 0 ? 0 : norm(like[f]!) / length;
      for (let i = 0; i < filter.length; i++) filter[i] = filter[i]! * factor;
    });
    return { shape: tensor.shape, data };
  });
}

/** `centre` + a `first` + b `second`, for vectors of equal length. */
export function displace(
  centre: Float32Array,
  [first, second]: readonly [Float32Array, Float32Array],
  [a, b]: readonly [number, number],
): Float32Array {
  return centre.map((value, i) => value + a * first[i]! + b * second[i]!);
}
