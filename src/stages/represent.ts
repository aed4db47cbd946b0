import { embeddingSize } from '../nern/embedding.ts';
import { linearSizes, predictorParameters } from '../nern/initialise.ts';
import { type KernelEmbedding, kernelEmbedding } from '../nern/kernel-embedding.ts';
import { permute, permutedRows } from '../nern/permutation.ts';
import { kernelNorms } from '../nern/sampler.ts';
import { type TargetKernels, targetKernels } from '../nern/target-kernels.ts';
import { parameter } from '../networks/forward.ts';
import { learnableConvolutions } from '../networks/network.ts';
import type { Configuration } from '../spec/configuration.ts';
import type { Target } from './target.ts';

/** A target as a predictor sees it: kernels to be predicted, and the embedding of each one's coordinates. */
export interface Representation {
  readonly kernels: TargetKernels;
  readonly norms: Float64Array;
  readonly embedding: KernelEmbedding;
  /** Of the predictor's parameters: weight [outputs, inputs], bias [outputs], layer by layer. */
  readonly predictorShapes: readonly (readonly number[])[];
  readonly sizes: { readonly inputs: number; readonly hidden: number; readonly outputs: number };
  readonly predictorParameters: number;
}

export function represent({ network, weights }: Target, configuration: Configuration): Representation {
  const layers = learnableConvolutions(network).map(step => parameter(weights, step.weight));
  const kernels = targetKernels(network, weights);
  const basis = configuration.predictor.embedding;
  const rows = permutedRows(layers, permute(layers, configuration.permutation));
  const sizes = {
    inputs: embeddingSize(basis),
    hidden: configuration.predictor.hidden,
    outputs: kernels.rows.shape[1]!,
  };
  return {
    kernels,
    norms: kernelNorms(layers),
    embedding: kernelEmbedding(layers, rows, basis),
    predictorShapes: linearSizes(sizes).flatMap(([inputs, outputs]) => [[outputs, inputs], [outputs]]),
    sizes,
    predictorParameters: predictorParameters(sizes),
  };
}
