import { kernelEmbedding } from '../nern/kernel-embedding.ts';
import { permute, permutedRows } from '../nern/permutation.ts';
import { predictorShapes } from '../nern/predictor-shapes.ts';
import type { KernelPredictor } from '../nern/reconstruct.ts';
import { kernelNorms } from '../nern/sampler.ts';
import { targetKernels } from '../nern/target-kernels.ts';
import { parameter } from '../networks/forward.ts';
import { learnableConvolutions } from '../networks/network.ts';
import type { Configuration } from '../spec/configuration.ts';
import type { Target } from './target.ts';

/** A target as a predictor sees it: kernels to be predicted, and the embedding of each one's coordinates. */
export interface Representation extends Required<KernelPredictor> {
  /** The l2 norm of each kernel. */
  readonly norms: Float64Array;
}

/** Permutes the kernels of the target and lays out the predictor, as the configuration says. */
export function represent({ network, weights }: Target, configuration: Configuration): Representation {
  const layers = learnableConvolutions(network).map(step => parameter(weights, step.weight));
  const kernels = targetKernels(network, weights);
  const { embedding: settings, resample, activation, architecture, ...sizes } = configuration.predictor;
  const rows = permutedRows(layers, permute(layers, configuration.permutation));
  const embedding = kernelEmbedding(layers, rows, settings);
  const [inputs, outputs] = [embedding.size, kernels.rows.shape[1]!];
  return {
    kernels,
    norms: kernelNorms(layers),
    embedding,
    predictorShapes: predictorShapes({ ...sizes, architecture, inputs, outputs }),
    predictorForm: { architecture, activation },
    resampling: resample,
  };
}
