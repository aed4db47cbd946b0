import { embeddingSize } from '../nern/embedding.ts';
import { type KernelEmbedding, kernelEmbedding } from '../nern/kernel-embedding.ts';
import { permute, permutedRows } from '../nern/permutation.ts';
import { type PredictorShapes, predictorShapes } from '../nern/predictor-shapes.ts';
import { kernelNorms } from '../nern/sampler.ts';
import { type TargetKernels, targetKernels } from '../nern/target-kernels.ts';
import { parameter } from '../networks/forward.ts';
import { learnableConvolutions } from '../networks/network.ts';
import type { Configuration } from '../spec/configuration.ts';
import type { Target } from './target.ts';

/** A target as a predictor sees it: kernels to be predicted, and the embedding of each one's coordinates. */
export interface Representation {
  readonly kernels: TargetKernels;
  /** The l2 norm of each kernel. */
  readonly norms: Float64Array;
  readonly embedding: KernelEmbedding;
  readonly predictorShapes: PredictorShapes;
}

/** Permutes the kernels of the target and lays out the predictor, as the configuration says. */
export function represent({ network, weights }: Target, configuration: Configuration): Representation {
  const layers = learnableConvolutions(network).map(step => parameter(weights, step.weight));
  const kernels = targetKernels(network, weights);
  const { embedding: basis, hidden } = configuration.predictor;
  const rows = permutedRows(layers, permute(layers, configuration.permutation));
  const [inputs, outputs] = [embeddingSize(basis), kernels.rows.shape[1]!];
  return {
    kernels,
    norms: kernelNorms(layers),
    embedding: kernelEmbedding(layers, rows, basis),
    predictorShapes: predictorShapes({ inputs, hidden, outputs }),
  };
}
