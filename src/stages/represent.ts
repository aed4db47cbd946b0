import type { Tensor } from '../graph/tensor.ts';
import { kernelCoordinates } from '../nern/coordinates.ts';
import { embed, embeddingSize } from '../nern/embedding.ts';
import { linearSizes, predictorParameters } from '../nern/initialise.ts';
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
  /** [kernels, embedding size], in the kernels' order; permutations are in it already. */
  readonly embedding: Tensor;
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
    embedding: rowsOf(embed(kernelCoordinates(layers), basis), rows),
    predictorShapes: linearSizes(sizes).flatMap(([inputs, outputs]) => [[outputs, inputs], [outputs]]),
    sizes,
    predictorParameters: predictorParameters(sizes),
  };
}

function rowsOf({ shape, data }: Tensor, rows: Uint32Array): Tensor {
  const width = shape[1]!;
  const taken = new Float32Array(data.length);
  rows.forEach((row, i) => {
    taken.set(data.subarray(row * width, (row + 1) * width), i * width);
  });
  return { shape, data: taken };
}
