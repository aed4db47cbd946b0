import { gatherRows } from '../graph/layout.ts';
import type { Program } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import { constant, input } from '../graph/value.ts';
import { forward, frozen } from '../networks/forward.ts';
import { learnableConvolutions, type Network } from '../networks/network.ts';
import type { KernelEmbedding } from './kernel-embedding.ts';
import { filtersOf, layersOf, predictGrid } from './predictor.ts';
import { type PredictorShapes, parameterCount } from './predictor-shapes.ts';
import type { TargetKernels } from './target-kernels.ts';

/** All kernels from the predictor's `parameters`: the output `kernels` [kernels, k * k]. */
export function predictionProgram(embedding: KernelEmbedding, predictorShapes: PredictorShapes): Program {
  const layers = layersOf(input('parameters', [parameterCount(predictorShapes)]), predictorShapes);
  const { kernels } = predictGrid(layers, embedding);
  return { name: 'prediction', outputs: { kernels: gatherRows(kernels, constant(embedding.places)) } };
}

/** `logits` of `images` by the target, its learnable convolutions replaced by `kernels` [kernels, k * k]. */
export function classificationProgram(
  network: Network,
  weights: ReadonlyMap<string, Tensor>,
  kernels: TargetKernels,
  images: number,
): Program {
  const filters = filtersOf(input('kernels', kernels.rows.shape), learnableConvolutions(network));
  const parameters = frozen(weights, step => filters.get(step.weight)!);
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
