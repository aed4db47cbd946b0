import type { Tensor } from '../../graph/tensor.ts';
import { type Random, restoreRandom, shuffled } from '../../random.ts';
import { kernelCount, layerSizes } from '../coordinates.ts';

/** A spec's `sampler`; `uniform` is the probability of a uniform batch, or kernel, with method magnitude. */
export type Sampling =
  | {
      readonly method: 'magnitude';
      readonly batch: number;
      readonly uniform: number;
      readonly mix?: 'batch' | 'kernel';
    }
  | { readonly method: 'uniform'; readonly batch: number }
  | { readonly method: 'uniform-without-replacement'; readonly batch: number }
  | { readonly method: 'sequential-layer' }
  | { readonly method: 'random-layer' }
  | { readonly method: 'all' };

/**
 * Draws the kernels that carry gradient in an iteration (0, 1, ...): their indices in the target's order. It keeps no
 * state but the generator's, so saving that generator saves the sampler.
 */
export type Sampler = (random: Random, iteration: number) => Uint32Array;

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

/**
 * The sampler of a target whose kernels have these norms (NeRN, section 3.2), `layers` counting the kernels of each
 * layer.
 * `uniform`: distinct kernels, all alike; `uniform-without-replacement`: the next ones of a permutation that is drawn
 * anew when it is used up, its last batch the smaller rest; `magnitude`: with probability `uniform` as `uniform`, else
 * the whole batch drawn with replacement, a kernel's probability proportional to its norm (`mix: kernel` decides that
 * for each kernel by itself, with replacement); `sequential-layer`, `random-layer`: all kernels of one layer; `all`, or
 * a batch no smaller than the target: every kernel, in order.
 */
export function createSampler(
  sampling: Sampling,
  norms: Float64Array,
  layers: readonly number[] = [norms.length],
): Sampler {
  const count = norms.length;
  if (sampling.method === 'sequential-layer' || sampling.method === 'random-layer') {
    return layerSampler(sampling.method, layers);
  }
  if (sampling.method === 'all' || sampling.batch >= count) {
    const everyKernel = range(0, count);
    return () => everyKernel.slice();
  }
  const { batch } = sampling;
  if (sampling.method === 'uniform-without-replacement') return permutationSampler(count, batch);
  const uniform = uniformSampler(count, batch);
  if (sampling.method === 'uniform') return uniform;
  const byMagnitude = magnitudeDraw(norms);
  if (sampling.mix === 'kernel') {
    const draw = (random: Random) =>
      random.uniform() < sampling.uniform ? random.below(count) : byMagnitude(random);
    return random => Uint32Array.from({ length: batch }, () => draw(random));
  }
  return (random, iteration) =>
    random.uniform() < sampling.uniform
      ? uniform(random, iteration)
      : Uint32Array.from({ length: batch }, () => byMagnitude(random));
}

/**
 * The layers that a sample of `size` kernels can be of, counted from 0; undefined: any. Layers with equally many kernels
 * are not told apart, so that one program serves them all.
 */
export function sampledLayers(
  { method }: Sampling,
  layers: readonly number[],
  size: number,
): number[] | undefined {
  if (method !== 'sequential-layer' && method !== 'random-layer') return undefined;
  return layers.flatMap((kernels, layer) => (kernels === size ? [layer] : []));
}

const range = (from: number, length: number) => Uint32Array.from({ length }, (_, i) => from + i);

function layerSampler(method: 'sequential-layer' | 'random-layer', layers: readonly number[]): Sampler {
  let end = 0;
  const ranges = layers.map(count => {
    end += count;
    return range(end - count, count);
  });
  return (random, iteration) =>
    ranges[method === 'random-layer' ? random.below(layers.length) : iteration % layers.length]!.slice();
}

/** The generator stays where a pass begins until its last batch, so that it tells the pass's permutation at any time. */
function permutationSampler(kernels: number, batch: number): Sampler {
  const batches = Math.ceil(kernels / batch);
  let known: { readonly state: string; readonly order: Uint32Array } | undefined;
  return (random, iteration) => {
    const state = random.state().join();
    if (known?.state !== state) known = { state, order: shuffled(kernels, restoreRandom(random.state())) };
    const place = iteration % batches;
    if (place === batches - 1) shuffled(kernels, random);
    return known.order.slice(place * batch, (place + 1) * batch);
  };
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

/** Draws one kernel by inverting the cumulative norms; a target of zeros alone has no magnitudes to go by. */
function magnitudeDraw(norms: Float64Array): (random: Random) => number {
  const weights = norms.some(norm => norm > 0) ? norms : norms.map(() => 1);
  let total = 0;
  const cumulative = weights.map(weight => {
    total += weight;
    return total;
  });
  return random => firstAbove(cumulative, random.uniform() * total);
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
