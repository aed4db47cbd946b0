import type { Tensor } from '../graph/tensor.ts';
import type { Random } from '../random.ts';
import { kernelCount, layerSizes } from './coordinates.ts';

/** A spec's `sampler`; `uniform` is the probability of a uniform batch with method magnitude. */
export type Sampling =
  | { readonly method: 'magnitude'; readonly batch: number; readonly uniform: number }
  | { readonly method: 'uniform'; readonly batch: number }
  | { readonly method: 'all' };

/**
 * Draws the kernels that carry gradient in one step: their indices in the target's order. It keeps no state but the
 * generator's, so saving that generator saves the sampler.
 */
export type Sampler = (random: Random) => Uint32Array;

/** The l2 norm of every kernel, layer by layer, in the order of the embedding table: [kernels]. */
export function kernelNorms(layers: readonly Tensor[]): Float64Array {
  const norms = new Float64Array(kernelCount(layers));
  let kernel = 0;
  for (const layer of layers) {
    const { filters, channels, width } = layerSizes(layer);
    const size = width * width;
    for (let i = 0; i < filters * channels; i++) {
      let squares = 0;
      for (const value of layer.data.subarray(i * size, (i + 1) * size)) squares += value * value;
      norms[kernel++] = Math.sqrt(squares);
    }
  }
  return norms;
}

/** How many kernels a step draws: the batch, or all where there are no more. */
export function sampleSize(sampling: Sampling, kernels: number): number {
  return sampling.method === 'all' ? kernels : Math.min(sampling.batch, kernels);
}

/**
 * The sampler of a target whose kernels have these norms (NeRN, section 3.2). `uniform`: distinct kernels, all alike;
 * `magnitude`: with probability `uniform` the same, else the whole batch drawn with replacement, a kernel's
 * probability proportional to its norm; `all`, or a batch no smaller than the target: every kernel, in order.
 */
export function createSampler(sampling: Sampling, norms: Float64Array): Sampler {
  const size = sampleSize(sampling, norms.length);
  if (sampling.method === 'all' || size === norms.length) {
    const everyKernel = Uint32Array.from(norms, (_, kernel) => kernel);
    return () => everyKernel.slice();
  }
  const uniform = uniformSampler(norms.length, size);
  if (sampling.method === 'uniform') return uniform;
  const magnitude = magnitudeSampler(norms, size);
  return random => (random.uniform() < sampling.uniform ? uniform(random) : magnitude(random));
}

/** The first `size` of a fresh permutation; the swaps are undone, so that each draw starts from the same order. */
function uniformSampler(kernels: number, size: number): Sampler {
  const order = Uint32Array.from({ length: kernels }, (_, kernel) => kernel);
  const swapped = new Uint32Array(size);
  const swap = (i: number, j: number) => {
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  };
  return random => {
    for (let i = 0; i < size; i++) {
      swapped[i] = i + random.below(kernels - i);
      swap(i, swapped[i]!);
    }
    const drawn = order.slice(0, size);
    for (let i = size - 1; i >= 0; i--) swap(i, swapped[i]!);
    return drawn;
  };
}

/** Draws with replacement by inverting the cumulative norms; a target of zeros alone has no magnitudes to go by. */
function magnitudeSampler(norms: Float64Array, size: number): Sampler {
  const weights = norms.some(norm => norm > 0) ? norms : norms.map(() => 1);
  let total = 0;
  const cumulative = weights.map(weight => {
    total += weight;
    return total;
  });
  return random => Uint32Array.from({ length: size }, () => firstAbove(cumulative, random.uniform() * total));
}

function firstAbove(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
