import { gatherRows } from '../../graph/layout.ts';
import type { Program } from '../../graph/program.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { constant, input, type Value } from '../../graph/value.ts';
import { forward, frozen, type Parameters } from '../../networks/forward.ts';
import { learnableConvolutions, type Network } from '../../networks/network.ts';
import type { ParameterShapes } from '../../optim/parameters.ts';
import type { TargetKernels } from '../target-kernels.ts';
import type { KernelEmbedding } from './kernel-embedding.ts';
import { filtersOf, type PredictorForm, predictGrid, predictorOf } from './predictor.ts';
import { parameterCount } from './predictor-shapes.ts';
import { type Resampling, resample } from './resample.ts';

/** What turns a predictor's parameters into a target's kernels. */
export interface KernelPredictor {
  readonly kernels: TargetKernels;
  readonly embedding: KernelEmbedding;
  readonly predictorShapes: ParameterShapes;
  /** Absent: the papers'. */
  readonly predictorForm?: PredictorForm;
  /** How a kernel smaller than the predicted ones comes out of one; absent: its centre. */
  readonly resampling?: Resampling;
}

/** All kernels from the predictor's `parameters`, as they are used: the output `kernels` [kernels, k * k]. */
export function predictionProgram(of: KernelPredictor): Program {
  const { kernels: target, embedding, predictorShapes, predictorForm, resampling = 'centre' } = of;
  const parameters = input('parameters', [parameterCount(predictorShapes)]);
  const predictor = predictorOf(parameters, predictorShapes, predictorForm);
  const predicted = gatherRows(predictGrid(predictor, embedding).kernels, constant(embedding.places));
  return { name: 'prediction', outputs: { kernels: resample(predicted, resampling, target) } };
}

/** A target's parameters, its learnable convolutions replaced by `kernels` [kernels, k * k]. */
export function withKernels(
  network: Network,
  weights: ReadonlyMap<string, Tensor>,
  kernels: Value,
): Parameters {
  const filters = filtersOf(kernels, learnableConvolutions(network));
  return frozen(weights, step => filters.get(step.weight));
}

/** `logits` of `images` by the target, its learnable convolutions replaced by `kernels` [kernels, k * k]. */
export function classificationProgram(
  network: Network,
  weights: ReadonlyMap<string, Tensor>,
  kernels: TargetKernels,
  images: number,
): Program {
  const parameters = withKernels(network, weights, input('kernels', kernels.rows.shape));
  const { logits } = forward(network, input('images', [images, ...network.input]), parameters);
  return { name: 'classification', outputs: { logits } };
}

/** The root mean squared difference over all learnable parameters (the papers' reconstruction error), in float64. */
export function reconstructionError(
  predicted: Float32Array,
  { rows, mask, parameters }: TargetKernels,
): number {
  let squares = 0;
  for (const [i, value] of rows.data.entries()) {
    if (mask === undefined || mask.data[i] === 1) squares += (value - predicted[i]!) ** 2;
  }
  return Math.sqrt(squares / parameters);
}
