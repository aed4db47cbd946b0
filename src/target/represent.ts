import { type LayerPermutation, permutedRows } from '../nern/ordering/permutation.ts';
import { embeddingSize, kernelEmbedding } from '../nern/predictor/kernel-embedding.ts';
import { predictorShapes } from '../nern/predictor/predictor-shapes.ts';
import type { KernelPredictor } from '../nern/predictor/reconstruct.ts';
import { kernelNorms } from '../nern/sampling/sampler.ts';
import { targetKernels } from '../nern/target-kernels.ts';
import { parameter } from '../networks/forward.ts';
import { learnableConvolutions, type Network } from '../networks/network.ts';
import type { ParameterShapes } from '../optim/parameters.ts';
import type { Configuration } from '../spec/configuration.ts';
import type { Target } from './target.ts';

/** A target as a predictor sees it: kernels to be predicted, and the embedding of each one's coordinates. */
export interface Representation extends Required<KernelPredictor> {
  /** The l2 norm of each kernel. */
  readonly norms: Float64Array;
}

/** Lays out the kernels of the target, in the order of `permutation` where there is one, and the predictor. */
export function represent(
  { network, weights }: Target,
  configuration: Configuration,
  permutation?: readonly LayerPermutation[],
): Representation {
  const layers = learnableConvolutions(network).map(step => parameter(weights, step.weight));
  const kernels = targetKernels(network, weights);
  const { embedding, resample, activation, architecture } = configuration.predictor;
  const rows = permutedRows(layers, permutation ?? layers.map(() => ({ mode: 'none' })));
  return {
    kernels,
    norms: kernelNorms(layers),
    embedding: kernelEmbedding(layers, rows, embedding),
    predictorShapes: shapesOf(network, configuration),
    predictorForm: { architecture, activation },
    resampling: resample,
  };
}

/** The shapes of the predictor that the configuration asks for; its output is the largest kernel of the network. */
export function shapesOf(network: Network, { predictor }: Configuration): ParameterShapes {
  const { hidden, layers, architecture, embedding } = predictor;
  const outputs = Math.max(...learnableConvolutions(network).map(({ shape }) => shape[2] * shape[3]));
  return predictorShapes({ inputs: embeddingSize(embedding), hidden, outputs, layers, architecture });
}
