import { add, computedAs } from '../../graph/elementwise.ts';
import { gatherRows, reshape, slice } from '../../graph/layout.ts';
import { linear, matmul } from '../../graph/linear.ts';
import type { Value } from '../../graph/value.ts';
import type { ConvolutionStep } from '../../networks/network.ts';
import type { ParameterShapes } from '../../optim/parameters.ts';
import { tensorsOf } from '../../optim/parameters.ts';
import { type Activation, activate } from './activation.ts';
import { embeddingProduct, type KernelEmbedding } from './kernel-embedding.ts';
import { type Architecture, middleLayer } from './predictor-shapes.ts';

/** One linear layer: weight [outputs, inputs], bias [outputs]. */
export interface Linear {
  readonly weight: Value;
  readonly bias: Value;
}

/** The predictor as a function of the embedding. */
export interface Predictor {
  readonly layers: readonly Linear[];
  readonly form: PredictorForm;
}

export interface PredictorForm {
  readonly architecture: Architecture;
  readonly activation: Activation;
}

/** The papers' predictor. */
const plainForm: PredictorForm = { architecture: 'plain', activation: 'relu' };

/** The predictor whose parameters are one vector, in `shapes`' order. */
export function predictorOf(parameters: Value, shapes: ParameterShapes, form = plainForm): Predictor {
  const parts = tensorsOf(parameters, shapes);
  const layers = Array.from({ length: parts.length / 2 }, (_, i) => ({
    weight: parts[2 * i]!,
    bias: parts[2 * i + 1]!,
  }));
  return { layers, form };
}

export interface Prediction {
  /** One row of k * k values for each row of the embedding. */
  readonly kernels: Value;
  /** The hidden layers' results, after their activation. */
  readonly hidden: readonly Value[];
}

/** The MLP of NeRN, section 3.1: activations between linear layers; embedding [rows, inputs] -> [rows, k * k]. */
export function predict(predictor: Predictor, embedding: Value): Prediction {
  return apply(predictor, (weight, bias) => linear(embedding, weight, bias));
}

/** The prediction at every place of the target, in the places' own order. */
export function predictGrid(predictor: Predictor, embedding: KernelEmbedding): Prediction {
  return apply(predictor, (weight, bias) => embeddingProduct(embedding, weight, bias));
}

/**
 * The prediction of some rows alone, with its own gradient, but with the hidden layers read out of a prediction of all
 * rows instead of computed again. `embedding` [n, inputs] are the rows' embeddings, `rows` [n] their places there.
 */
export function samplePrediction(
  predictor: Predictor,
  embedding: Value,
  all: Prediction,
  rows: Value,
): Value {
  const asIn = (x: Value, layer: number) => computedAs(x, gatherRows(all.hidden[layer]!, rows));
  return apply(predictor, (weight, bias) => linear(embedding, weight, bias), asIn).kernels;
}

/** `embedded` applies a linear layer to the embedding; `settled` may replace a hidden layer's result by an equal one. */
function apply(
  { layers, form: { architecture, activation } }: Predictor,
  embedded: (weight: Value, bias: Value) => Value,
  settled: (hidden: Value, layer: number) => Value = hidden => hidden,
): Prediction {
  const middle = middleLayer(layers.length);
  const hidden: Value[] = [];
  for (const [i, { weight, bias }] of layers.slice(0, -1).entries()) {
    const sum = (() => {
      if (i === 0) return embedded(weight, bias);
      const x = hidden[i - 1]!;
      if (i !== middle || architecture === 'plain') return linear(x, weight, bias);
      if (architecture === 'residual') return add(linear(x, weight, bias), hidden[0]!);
      const [units, width] = weight.shape as [number, number];
      const inputs = width - x.shape[1]!;
      const again = embedded(slice(weight, [0, 0], [units, inputs]), bias);
      return add(again, matmul(x, slice(weight, [0, inputs], [units, width - inputs]), false, true));
    })();
    const isLinear = architecture === 'residual' && i === 0;
    hidden.push(settled(isLinear ? sum : activate(sum, activation), i));
  }
  const { weight, bias } = layers.at(-1)!;
  return { kernels: linear(hidden.at(-1)!, weight, bias), hidden };
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
