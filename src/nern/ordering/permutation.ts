import type { Tensor } from '../../graph/tensor.ts';
import type { Layer } from '../coordinates.ts';
import { kernelCount, layerSizes } from '../coordinates.ts';
import { greedyPath, kernelPath } from './greedy-path.ts';
import type { KernelPoints } from './kernel-points.ts';
import { kernelDissimilarity, kernelDistance, kernelPoints } from './kernel-points.ts';
import { kernelNeighbours } from './kernel-tree.ts';
import { improvePath } from './two-opt.ts';

/** A spec's `permutation`. */
export type PermutationMode = 'none' | 'in-filter' | 'cross-filter';

/** The paths of one layer; a path's j-th value is the kernel (filter, channel) that comes at position j. */
export type LayerPermutation =
  | { readonly mode: 'none' }
  | {
      readonly mode: 'in-filter';
      readonly filters: Uint32Array;
      /** One path over the channels for each filter, in the filters' original order. */
      readonly channels: readonly Uint32Array[];
    }
  | { readonly mode: 'cross-filter'; readonly kernels: Uint32Array };

/**
 * The paths of a target's learnable layers (NeRN, section 3.3): greedy ones, each improved by at most `twoOpt` passes of
 * 2-opt. Throws a `Failure` on weights not finite.
 */
export function permute(layers: readonly Tensor[], mode: PermutationMode, twoOpt = 0): LayerPermutation[] {
  return layers.map(layer => permuteLayer(layer, mode, twoOpt));
}

/** The paths of one layer. */
export function permuteLayer(layer: Tensor, mode: PermutationMode, twoOpt: number): LayerPermutation {
  if (mode === 'none') return { mode };
  const { filters, channels, width } = layerSizes(layer);
  const size = width * width;
  const points = kernelPoints(layer.data, size);
  if (mode === 'cross-filter') return { mode, kernels: pathOfKernels(points, twoOpt) };
  const paths = Array.from({ length: filters }, (_, f) => {
    const filter = layer.data.subarray(f * channels * size, (f + 1) * channels * size);
    return pathOfKernels(kernelPoints(filter, size), twoOpt);
  });
  return { mode, filters: pathOfFilters(points, paths, twoOpt), channels: paths };
}

/** With how many of its nearest an element may be linked in 2-opt; more cost more and gain little. */
const links = 10;

function pathOfKernels(points: KernelPoints, twoOpt: number): Uint32Array {
  const path = kernelPath(points);
  if (twoOpt === 0) return path;
  const nearest = kernelNeighbours(points, links);
  const distance = (a: number, b: number) => kernelDissimilarity(points, a, b);
  return improvePath(path, kernel => nearest[kernel]!, distance, twoOpt);
}

/** Two filters are as far apart as their kernels together, once each filter's channels are in its own new order. */
function pathOfFilters(points: KernelPoints, channels: readonly Uint32Array[], twoOpt: number): Uint32Array {
  const total =
    (between: (points: KernelPoints, a: number, b: number) => number) => (a: number, b: number) => {
      const [pathA, pathB] = [channels[a]!, channels[b]!];
      let sum = 0;
      for (let c = 0; c < pathA.length; c++) {
        sum += between(points, a * pathA.length + pathA[c]!, b * pathB.length + pathB[c]!);
      }
      return sum;
    };
  const path = greedyPath(channels.length, total(kernelDistance));
  if (twoOpt === 0) return path;
  const distance = total(kernelDissimilarity);
  const all = Array.from(path, (_, filter) => Float64Array.from(path, (_, other) => distance(filter, other)));
  const nearest = all.map((to, filter) =>
    [...to.keys()]
      .filter(other => other !== filter)
      .sort((a, b) => to[a]! - to[b]! || a - b)
      .slice(0, links),
  );
  return improvePath(
    path,
    filter => nearest[filter]!,
    (a, b) => all[a]![b]!,
    twoOpt,
  );
}

/**
 * For each kernel of the target, in its original place, the row of the embedding table that it gets: [kernels].
 * With path p the kernel p[j] gets row j of its layer, that is E[argsort(p)]; in-filter, the filter's place gives the
 * first coordinate and the channel's place inside that filter the second.
 */
export function permutedRows(
  layers: readonly Layer[],
  permutations: readonly LayerPermutation[],
): Uint32Array {
  const rows = new Uint32Array(kernelCount(layers));
  let first = 0;
  for (const [l, layer] of layers.entries()) {
    const { filters, channels } = layerSizes(layer);
    const count = filters * channels;
    const places = placesOf(permutations[l]!, count, channels);
    for (let kernel = 0; kernel < count; kernel++) rows[first + kernel] = first + places[kernel]!;
    first += count;
  }
  return rows;
}

/** The place of each kernel of one layer. */
function placesOf(permutation: LayerPermutation, count: number, channels: number): Uint32Array {
  if (permutation.mode === 'cross-filter') return inverse(permutation.kernels);
  if (permutation.mode === 'none') return Uint32Array.from({ length: count }, (_, kernel) => kernel);
  const filterPlaces = inverse(permutation.filters);
  const channelPlaces = permutation.channels.map(inverse);
  return Uint32Array.from({ length: count }, (_, kernel) => {
    const f = Math.floor(kernel / channels);
    return filterPlaces[f]! * channels + channelPlaces[f]![kernel % channels]!;
  });
}

/** The inverse of an order of 0..n-1: of each element, its place. */
export function inverse(path: Uint32Array): Uint32Array {
  const places = new Uint32Array(path.length);
  for (const [place, element] of path.entries()) places[element] = place;
  return places;
}

/**
 * Bits it takes to store the permutations beside the predictor (NeRN, appendix, on the size overhead): cross-filter
 * F C log2(F C) a layer, in-filter F C log2(C) + F log2(F).
 */
export function overheadBits(layers: readonly Layer[], mode: PermutationMode): number {
  if (mode === 'none') return 0;
  return layers.reduce((bits, layer) => {
    const { filters, channels } = layerSizes(layer);
    const kernels = filters * channels;
    if (mode === 'cross-filter') return bits + kernels * Math.log2(kernels);
    return bits + kernels * Math.log2(channels) + filters * Math.log2(filters);
  }, 0);
}
