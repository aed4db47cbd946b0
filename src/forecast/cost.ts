import { distils } from '../contract/needs.ts';
import { multiplyAdds } from '../graph/cost.ts';
import { sizeOf } from '../graph/tensor.ts';
import { input } from '../graph/value.ts';
import { overheadBits } from '../nern/ordering/permutation.ts';
import { parameterCount } from '../nern/predictor/predictor-shapes.ts';
import { forward, frozen } from '../networks/forward.ts';
import {
  learnableConvolutions,
  learnableParameters,
  type Network,
  parameterShapes,
} from '../networks/network.ts';
import type { Configuration } from '../spec/configuration.ts';
import { permutationOf } from '../spec/permutation.ts';
import { shapesOf } from '../target/represent.ts';

/** What a cell's predictor takes: sizes in parameters and bits, work in multiply-adds. */
export interface Cost {
  readonly predictorParameters: number;
  readonly learnableParameters: number;
  /** Of the predictor over the target's learnable parameters; with the permutation stored beside it. */
  readonly compressionRatio: number;
  readonly storedRatio: number;
  /** The predictor's parameters as float32, and the permutation (NeRN, appendix D). */
  readonly predictorBytes: number;
  readonly permutationBits: number;
  readonly kernels: number;
  /** To predict one kernel. */
  readonly perKernel: number;
  /** To take one image through the target, and through the network that distillation learns from. */
  readonly image: number;
  readonly guide: number;
}

/** What a phase of training takes. */
export interface PhaseCost {
  /** Steps without distillation and with it, and the multiply-adds of one. */
  readonly plain: { readonly steps: number; readonly work: number };
  readonly distilling: { readonly steps: number; readonly work: number };
}

/** How much work an image is in a network, by the network: the same for all cells of a target. */
const perImage = new WeakMap<Network, number>();

export function costOf(network: Network, configuration: Configuration, guide: Network = network): Cost {
  const layers = learnableConvolutions(network).map(({ shape }) => ({ shape }));
  const kernels = layers.reduce((total, { shape }) => total + shape[0] * shape[1], 0);
  const shapes = shapesOf(network, configuration);
  const predictorParameters = parameterCount(shapes);
  const learnable = learnableParameters(network);
  const permutationBits = overheadBits(layers, permutationOf(configuration).mode);
  const perKernel = shapes.reduce((sum, shape) => sum + (shape.length === 2 ? shape[0]! * shape[1]! : 0), 0);
  return {
    predictorParameters,
    learnableParameters: learnable,
    compressionRatio: predictorParameters / learnable,
    storedRatio: (predictorParameters * 32 + permutationBits) / (learnable * 32),
    predictorBytes: 4 * predictorParameters,
    permutationBits,
    kernels,
    perKernel,
    image: imageIn(network),
    guide: imageIn(guide),
  };
}

/** What the weights are is all the same. */
function imageIn(network: Network): number {
  const image =
    perImage.get(network) ??
    multiplyAdds([forward(network, input('images', [1, ...network.input]), frozen(blank(network))).logits]);
  perImage.set(network, image);
  return image;
}

const blank = (network: Network) =>
  new Map(
    [...parameterShapes(network)].map(([name, shape]) => [
      name,
      { shape, data: new Float32Array(sizeOf(shape)) },
    ]),
  );

/**
 * A backward pass is twice a forward one. Without distillation only the sampled kernels are predicted, unless the root of
 * the loss is exact; with it all are, and each image goes through the network that is learned from, unless its logits
 * are `given`, and through the reconstructed network there and back.
 */
export function costOfPhase(
  training: Configuration,
  { kernels, perKernel, image, guide }: Pick<Cost, 'kernels' | 'perKernel' | 'image' | 'guide'>,
  given: boolean,
): PhaseCost {
  const { sampler, iterations, warmup, batch } = training;
  const isAll = sampler.method === 'all';
  const sampled = isAll ? kernels : Math.min(kernels, 'batch' in sampler ? sampler.batch : kernels / 20);
  const backward = 2 * sampled * perKernel;
  const isExact = isAll || sampler.root === 'exact';
  const plain = (isExact ? kernels : sampled) * perKernel + backward;
  const distilled = distils(training) ? iterations - warmup : 0;
  return {
    plain: { steps: iterations - distilled, work: plain },
    distilling: {
      steps: distilled,
      work: kernels * perKernel + backward + batch * (3 * image + (given ? 0 : guide)),
    },
  };
}
