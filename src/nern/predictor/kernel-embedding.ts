import { add } from '../../graph/elementwise.ts';
import { concatenate, gatherRows, reshape, slice } from '../../graph/layout.ts';
import { linear, matmul } from '../../graph/linear.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { constant, type Value } from '../../graph/value.ts';
import { kernelCoordinates, type Layer, layerSizes } from '../coordinates.ts';
import { inverse } from '../ordering/permutation.ts';
import { type EmbeddingBasis, embedCoordinates, embedValues, fourierDirections } from './embedding.ts';

/** What coordinates are divided by: nothing, the largest extent in the target, or the extent of their own axis. */
export type CoordinateNormalization = 'none' | 'global' | 'local';

/** A spec's `predictor.embedding`. */
export type EmbeddingSettings =
  | (EmbeddingBasis & {
      readonly method?: 'positional';
      readonly fusion?: 'concatenate' | 'sum';
      readonly normalize?: CoordinateNormalization;
    })
  | {
      readonly method: 'fourier';
      readonly levels: number;
      readonly scales: readonly [number, number, number];
      readonly seed: number;
      readonly normalize: CoordinateNormalization;
    };

/** Values of a kernel's embedding: the predictor's inputs. */
export function embeddingSize(settings: EmbeddingSettings): number {
  const parts = settings.method !== 'fourier' && settings.fusion === 'sum' ? 1 : 3;
  return parts * 2 * settings.levels;
}

/** The embedding of a target's kernels, as small as it can be kept. */
export interface KernelEmbedding {
  readonly code: SeparateCode | JointCode;
  /** Of each kernel, the row of its place when all places are counted by layer, filter, channel. */
  readonly places: Int32Array;
  /** The reverse: of each place, its kernel. */
  readonly kernels: Int32Array;
}

/** Layer, filter and channel are embedded each by itself, then concatenated or added (NeRN, section 3.1). */
interface SeparateCode {
  readonly kind: 'separate';
  readonly fusion: 'concatenate' | 'sum';
  /** The embedding of every value that a coordinate takes: [values, 2 * levels]. */
  readonly values: Tensor;
  /** Of each kernel, the rows of its layer, filter and channel there: [3, kernels]. */
  readonly coordinates: readonly [Int32Array, Int32Array, Int32Array];
  /** Each layer's grid of places: its row in `values`, and the first ones of its filters and channels. */
  readonly layers: readonly LayerGrid[];
}

interface LayerGrid {
  readonly filters: number;
  readonly channels: number;
  readonly first: readonly [layer: number, filter: number, channel: number];
}

/** All three coordinates together: a row for each place, [places, size]. */
interface JointCode {
  readonly kind: 'joint';
  readonly table: Tensor;
}

/** `rows` [kernels] gives each kernel its place (`permutedRows`). */
export function kernelEmbedding(
  layers: readonly Layer[],
  rows: Uint32Array,
  settings: EmbeddingSettings,
): KernelEmbedding {
  const order = { places: Int32Array.from(rows), kernels: Int32Array.from(inverse(rows)) };
  const divisors = divisorsOf(layers, settings.normalize ?? 'none');
  if (settings.method === 'fourier') {
    const { levels, scales, seed } = settings;
    const table = embedCoordinates(
      dividedCoordinates(layers, divisors),
      fourierDirections(levels, scales, seed),
    );
    return { ...order, code: { kind: 'joint', table } };
  }
  const { fusion = 'concatenate' } = settings;
  return {
    ...order,
    code: { kind: 'separate', fusion, ...separateCode(layers, rows, divisors, settings) },
  };
}

/** What layer, filter and channel of each layer's kernels are divided by. */
type Divisors = readonly (readonly [number, number, number])[];

function divisorsOf(layers: readonly Layer[], normalize: CoordinateNormalization): Divisors {
  const largest = Math.max(...layers.flatMap(({ shape }) => shape));
  return layers.map(layer => {
    if (normalize === 'none') return [1, 1, 1];
    if (normalize === 'global') return [largest, largest, largest];
    const { filters, channels } = layerSizes(layer);
    return [layers.length, filters, channels];
  });
}

/** (l, f, c) of each place, divided: [places * 3]. */
function dividedCoordinates(layers: readonly Layer[], divisors: Divisors): Float32Array {
  const grid = kernelCoordinates(layers);
  const layerOf = (i: number) => grid[i - (i % 3)]!;
  return Float32Array.from(grid, (value, i) => value / divisors[layerOf(i)]![i % 3]!);
}

/** Coordinates 0, 1, 2, ... with the same divisor share a block of rows, as long as the longest of them. */
function separateCode(
  layers: readonly Layer[],
  rows: Uint32Array,
  divisors: Divisors,
  basis: EmbeddingBasis,
): Pick<SeparateCode, 'values' | 'coordinates' | 'layers'> {
  const sizes = layers.map(layerSizes);
  const lengths = new Map<number, number>();
  for (const [l, { filters, channels }] of sizes.entries()) {
    for (const [part, extent] of [layers.length, filters, channels].entries()) {
      const divisor = divisors[l]![part]!;
      lengths.set(divisor, Math.max(extent, lengths.get(divisor) ?? 0));
    }
  }
  const values: number[] = [];
  const starts = new Map<number, number>();
  for (const [divisor, length] of lengths) {
    starts.set(divisor, values.length);
    for (let value = 0; value < length; value++) values.push(value / divisor);
  }
  const grids = sizes.map(({ filters, channels }, l): LayerGrid => {
    const [ofLayer, ofFilter, ofChannel] = divisors[l]!.map(divisor => starts.get(divisor)!);
    return { filters, channels, first: [ofLayer! + l, ofFilter!, ofChannel!] };
  });
  const grid = kernelCoordinates(layers);
  const column = (part: 0 | 1 | 2) =>
    Int32Array.from(rows, row => {
      const { first } = grids[grid[3 * row]!]!;
      return part === 0 ? first[0] : first[part] + grid[3 * row + part]!;
    });
  return {
    values: embedValues(Float32Array.from(values), basis),
    coordinates: [column(0), column(1), column(2)],
    layers: grids,
  };
}

/** The embedding of the kernels `sample` [n]: [n, size]. */
export function embeddingOf({ code, places }: KernelEmbedding, sample: Value): Value {
  if (code.kind === 'joint') return gatherRows(tableOf(code), gatherRows(constant(places), sample));
  const table = constant(code.values.data, code.values.shape);
  const parts = code.coordinates.map(column => gatherRows(table, gatherRows(constant(column), sample)));
  return code.fusion === 'sum' ? parts.reduce(add) : concatenate(parts, 1);
}

const tableOf = ({ table }: JointCode) => constant(table.data, table.shape);

/**
 * x W' + b for the embeddings x of all places: weight [units, size], bias [units] -> [places, units]. The embedding of
 * (l, f, c) is a concatenation or a sum of three parts, so this is a sum of three small products, one for each
 * coordinate: that saves a product over all kernels, at hidden size 160 a third of the prediction's arithmetic.
 */
export function embeddingProduct({ code }: KernelEmbedding, weight: Value, bias: Value): Value {
  if (code.kind === 'joint') return linear(tableOf(code), weight, bias);
  const values = constant(code.values.data, code.values.shape);
  const width = values.shape[1]!;
  const units = bias.shape[0]!;
  const [ofLayer, ofFilter, ofChannel] = [0, 1, 2].map(part => {
    const own = code.fusion === 'sum' ? weight : slice(weight, [0, part * width], [units, width]);
    return matmul(values, own, false, true);
  }) as [Value, Value, Value];
  const ofLayerAndBias = add(ofLayer, bias);
  const grids = code.layers.map(({ filters, channels, first: [l, f, c] }) => {
    const row = add(slice(ofFilter, [f, 0], [filters, units]), slice(ofLayerAndBias, [l, 0], [1, units]));
    const column = slice(ofChannel, [c, 0], [channels, units]);
    const grid = add(reshape(row, [filters, 1, units]), reshape(column, [1, channels, units]));
    return reshape(grid, [filters * channels, units]);
  });
  return concatenate(grids, 0);
}
