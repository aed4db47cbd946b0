import { concatenate, gatherRows } from '../graph/layout.ts';
import type { Tensor } from '../graph/tensor.ts';
import { constant, type Value } from '../graph/value.ts';
import { kernelCoordinates, type Layer, layerSizes } from './coordinates.ts';
import { type EmbeddingBasis, embedValues } from './embedding.ts';
import { inverse } from './permutation.ts';

/**
 * The positional embedding of a target's kernels, kept as its parts: the embedding of (l, f, c) is the concatenation
 * of those of l, f and c (NeRN, section 3.1).
 */
export interface KernelEmbedding {
  /** The embedding of the coordinate values 0, 1, ...: [count, 2 * levels]. */
  readonly values: Tensor;
  /** (l, f, c) of each kernel's place: [3, kernels]. */
  readonly coordinates: readonly [Int32Array, Int32Array, Int32Array];
  /** Of each kernel, the row of its place when all places are counted by layer, filter, channel. */
  readonly places: Int32Array;
  /** The reverse: of each place, its kernel. */
  readonly kernels: Int32Array;
  /** The extent of each layer's grid of places. */
  readonly layers: readonly (readonly [filters: number, channels: number])[];
}

/** `rows` [kernels] gives each kernel its place (`permutedRows`). */
export function kernelEmbedding(
  layers: readonly Layer[],
  rows: Uint32Array,
  basis: EmbeddingBasis,
): KernelEmbedding {
  const grid = kernelCoordinates(layers);
  const column = (part: number) => Int32Array.from(rows, row => grid[3 * row + part]!);
  const sizes = layers.map(layer => {
    const { filters, channels } = layerSizes(layer);
    return [filters, channels] as const;
  });
  return {
    values: embedValues(Math.max(sizes.length, ...sizes.flat()), basis),
    coordinates: [column(0), column(1), column(2)],
    places: Int32Array.from(rows),
    kernels: Int32Array.from(inverse(rows)),
    layers: sizes,
  };
}

/** The embedding of the kernels `sample` [n]: [n, 3 * 2 * levels]. */
export function embeddingOf({ values, coordinates }: KernelEmbedding, sample: Value): Value {
  const table = constant(values.data, values.shape);
  const parts = coordinates.map(column => gatherRows(table, gatherRows(constant(column), sample)));
  return concatenate(parts, 1);
}
