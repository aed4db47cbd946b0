import { add, computedAs, relu } from '../graph/elementwise.ts';
import { concatenate, gatherRows, reshape, slice } from '../graph/layout.ts';
import { linear, matmul } from '../graph/linear.ts';
import { sizeOf } from '../graph/tensor.ts';
import { constant, type Value } from '../graph/value.ts';
import type { ConvolutionStep } from '../networks/network.ts';
import type { KernelEmbedding } from './kernel-embedding.ts';
import type { PredictorShapes } from './predictor-shapes.ts';

/** One linear layer: weight [outputs, inputs], bias [outputs]. */
export interface Linear {
  readonly weight: Value;
  readonly bias: Value;
}

/** The predictor's layers, cut out of the one vector that the optimizer works on, in `shapes`' order. */
export function layersOf(parameters: Value, shapes: PredictorShapes): Linear[] {
  let start = 0;
  const parts = shapes.map(shape => {
    const part = reshape(slice(parameters, [start], [sizeOf(shape)]), shape);
    start += sizeOf(shape);
    return part;
  });
  return Array.from({ length: parts.length / 2 }, (_, i) => ({
    weight: parts[2 * i]!,
    bias: parts[2 * i + 1]!,
  }));
}

export interface Prediction {
  /** One row of k * k values for each row of the embedding. */
  readonly kernels: Value;
  /** The hidden layers' results, after their ReLU. */
  readonly hidden: readonly Value[];
}

/** The MLP of NeRN, section 3.1: ReLU between linear layers; embedding [rows, inputs] -> [rows, k * k]. */
export function predict(layers: readonly Linear[], embedding: Value): Prediction {
  const [{ weight, bias }, ...rest] = layers as [Linear, ...Linear[]];
  return predictFrom(rest, relu(linear(embedding, weight, bias)));
}

/** The rest of the MLP, given the first hidden layer's result and the layers after it. */
function predictFrom(layers: readonly Linear[], first: Value): Prediction {
  const hidden = [first];
  for (const { weight, bias } of layers.slice(0, -1)) hidden.push(relu(linear(hidden.at(-1)!, weight, bias)));
  const { weight, bias } = layers.at(-1)!;
  return { kernels: linear(hidden.at(-1)!, weight, bias), hidden };
}

/**
 * The prediction at every place of the target, in the places' own order. The embedding of (l, f, c) is a concatenation
 * of three parts, so the first linear layer is a sum of three small products, one for each coordinate: that saves a
 * product over all kernels, at hidden size 160 a third of the prediction's arithmetic.
 */
export function predictGrid(layers: readonly Linear[], embedding: KernelEmbedding): Prediction {
  const [{ weight, bias }, ...rest] = layers as [Linear, ...Linear[]];
  const values = constant(embedding.values.data, embedding.values.shape);
  const width = values.shape[1]!;
  const units = bias.shape[0]!;
  const [ofLayer, ofFilter, ofChannel] = [0, 1, 2].map(part =>
    matmul(values, slice(weight, [0, part * width], [units, width]), false, true),
  ) as [Value, Value, Value];
  const ofLayerAndBias = add(ofLayer, bias);
  const grids = embedding.layers.map(([filters, channels], l) => {
    const row = add(slice(ofFilter, [0, 0], [filters, units]), slice(ofLayerAndBias, [l, 0], [1, units]));
    const column = slice(ofChannel, [0, 0], [channels, units]);
    const grid = add(reshape(row, [filters, 1, units]), reshape(column, [1, channels, units]));
    return reshape(grid, [filters * channels, units]);
  });
  return predictFrom(rest, relu(concatenate(grids, 0)));
}

/**
 * The prediction of some rows alone, with its own gradient, but with the hidden layers read out of a prediction of all
 * rows instead of computed again. `embedding` [n, inputs] are the rows' embeddings, `rows` [n] their places there.
 */
export function samplePrediction(
  layers: readonly Linear[],
  embedding: Value,
  all: Prediction,
  rows: Value,
): Value {
  let x = embedding;
  all.hidden.forEach((hidden, i) => {
    const { weight, bias } = layers[i]!;
    x = computedAs(relu(linear(x, weight, bias)), gatherRows(hidden, rows));
  });
  const { weight, bias } = layers.at(-1)!;
  return linear(x, weight, bias);
}

/**
 * The filters of each convolution out of predicted kernels [all kernels, k * k]; a smaller kernel takes the centre of
 * the predicted one (NeRN, section 3.1).
 */
export function filtersOf(kernels: Value, convolutions: readonly ConvolutionStep[]): Map<string, Value> {
  const width = kernels.shape[1]!;
  const filters = new Map<string, Value>();
  let row = 0;
  for (const { weight, shape } of convolutions) {
    const [f, c, k] = shape;
    const margin = (Math.sqrt(width) - k) / 2;
    const rows = slice(kernels, [row, 0], [f * c, width]);
    const square = reshape(rows, [f, c, Math.sqrt(width), Math.sqrt(width)]);
    filters.set(weight, slice(square, [0, 0, margin, margin], shape));
    row += f * c;
  }
  return filters;
}
