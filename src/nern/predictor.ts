import { computedAs, relu } from '../graph/elementwise.ts';
import { gatherRows, reshape, slice } from '../graph/layout.ts';
import { linear } from '../graph/linear.ts';
import { sizeOf } from '../graph/tensor.ts';
import type { Value } from '../graph/value.ts';
import type { ConvolutionStep } from '../networks/network.ts';

/** One linear layer: weight [outputs, inputs], bias [outputs]. */
export interface Linear {
  readonly weight: Value;
  readonly bias: Value;
}

/** The predictor's layers, cut out of the one vector that the optimizer works on, in `shapes`' order. */
export function layersOf(parameters: Value, shapes: readonly (readonly number[])[]): Linear[] {
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

export const parameterCount = (shapes: readonly (readonly number[])[]) =>
  shapes.reduce((total, shape) => total + sizeOf(shape), 0);

export interface Prediction {
  /** One row of k * k values for each row of the embedding. */
  readonly kernels: Value;
  /** What each linear layer gave, before its ReLU. */
  readonly layers: readonly Value[];
}

/** The MLP of the NeRN paper, section 3.1: ReLU between linear layers; embedding [rows, inputs] -> [rows, k * k]. */
export function predict(layers: readonly Linear[], embedding: Value): Prediction {
  const results: Value[] = [];
  layers.forEach(({ weight, bias }, i) => {
    const x = i === 0 ? embedding : relu(results[i - 1]!);
    results.push(linear(x, weight, bias));
  });
  return { kernels: results.at(-1)!, layers: results };
}

/**
 * The prediction of the rows `sample` alone, with its own gradient, but read out of the prediction of all rows instead
 * of computed again.
 */
export function samplePrediction(
  layers: readonly Linear[],
  embedding: Value,
  all: Prediction,
  sample: Value,
): Value {
  let x = gatherRows(embedding, sample);
  layers.forEach(({ weight, bias }, i) => {
    const result = computedAs(linear(x, weight, bias), gatherRows(all.layers[i]!, sample));
    x = i === layers.length - 1 ? result : relu(result);
  });
  return x;
}

/**
 * The filters of each convolution out of predicted kernels [all kernels, k * k]; a smaller kernel takes the centre of
 * the predicted one (NeRN paper, section 3.1).
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
