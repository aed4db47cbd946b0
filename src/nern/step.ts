import { add, divide, multiply, scale } from '../graph/elementwise.ts';
import { gradients, pullBack } from '../graph/gradient.ts';
import { concatenate, gatherRows, reshape, slice } from '../graph/layout.ts';
import type { Program } from '../graph/program.ts';
import { sum } from '../graph/reduction.ts';
import { sumOverSlices } from '../graph/sequence.ts';
import { sizeOf, type Tensor } from '../graph/tensor.ts';
import { constant, input, scalar, type Value } from '../graph/value.ts';
import { forward, frozen } from '../networks/forward.ts';
import { learnableConvolutions, type Network } from '../networks/network.ts';
import { embeddingOf, type KernelEmbedding } from './kernel-embedding.ts';
import { distillationLoss, featureMapLoss, reconstructionLoss } from './losses.ts';
import type { Optimizer } from './optimizer.ts';
import { filtersOf, type Linear, layersOf, predict, predictGrid, samplePrediction } from './predictor.ts';
import { type PredictorShapes, parameterCount } from './predictor-shapes.ts';
import type { TargetKernels } from './target-kernels.ts';

/** What a training step is made of; everything here is fixed while a phase runs. */
export interface StepDefinition {
  readonly target: { readonly network: Network; readonly weights: ReadonlyMap<string, Tensor> };
  readonly kernels: TargetKernels;
  readonly embedding: KernelEmbedding;
  readonly predictorShapes: PredictorShapes;
  readonly optimizer: Optimizer;
  /** How many kernels carry gradient in a step; absent: all of them. */
  readonly sample: number | undefined;
  /** `exact`: the reconstruction loss is over all kernels; `sampled`: it is estimated from the sampled ones. */
  readonly root: 'exact' | 'sampled';
  /** Knowledge and feature map distillation on a batch of images; absent: reconstruction alone. */
  readonly distillation:
    | {
        readonly images: number;
        /** Images that go through the networks together; the gradients of such slices are summed. */
        readonly imagesAtOnce: number;
        readonly alpha: number;
        readonly beta: number;
      }
    | undefined;
}

/** The outputs of a step that are losses: the objective, then its parts before they are weighted. */
export const lossNames = ['loss', 'reconstruction', 'kd', 'fmd'] as const;

/**
 * One training step as a tensor program (NeRN, section 3.2): predict the kernels, put them into the network,
 * compare with the original, go back, and update. Inputs: `parameters` and the optimizer's state (vectors), its
 * scalars, `sample` [n] (int32 rows, when sampling), `images` [n, 3, h, w] (when distilling). Outputs: the new
 * `parameters` and state under the same names, and the losses.
 */
export function trainingStep(definition: StepDefinition): Program {
  const { optimizer, predictorShapes, distillation } = definition;
  const length = parameterCount(predictorShapes);
  const parameters = input('parameters', [length]);
  const layers = layersOf(parameters, predictorShapes);
  const sample = definition.sample === undefined ? undefined : input('sample', [definition.sample], 'int32');
  const { losses, gradient } =
    distillation === undefined && sample && definition.root === 'sampled'
      ? sampledReconstruction(definition, layers, sample, parameters)
      : fullLosses(definition, layers, sample, parameters);
  const vectors = (names: readonly string[], shape: readonly number[]) =>
    Object.fromEntries(names.map(name => [name, input(name, shape)]));
  const updated = optimizer.update({
    parameters,
    gradient,
    state: vectors(optimizer.stateNames, [length]),
    scalars: vectors(optimizer.scalarNames, []),
  });
  return {
    name: distillation ? 'distillation-step' : 'reconstruction-step',
    outputs: { parameters: updated.parameters, ...updated.state, ...losses },
  };
}

interface LossesAndGradient {
  readonly losses: Record<(typeof lossNames)[number], Value>;
  readonly gradient: Value;
}

/** The step in which only the sampled kernels are predicted at all; the loss is their estimate of the whole. */
function sampledReconstruction(
  { embedding, kernels }: StepDefinition,
  layers: readonly Linear[],
  sample: Value,
  parameters: Value,
): LossesAndGradient {
  const predicted = predict(layers, embeddingOf(embedding, sample)).kernels;
  const target = gatherRows(constant(kernels.rows.data, kernels.rows.shape), sample);
  const mask = kernels.mask && gatherRows(constant(kernels.mask.data, kernels.mask.shape), sample);
  const sampled = mask ? sum(mask) : scalar(sizeOf(target.shape));
  const reconstruction = reconstructionLoss(predicted, target, mask, sampled);
  // The gradient of the root over all kernels, with the sample's root as the estimate of its value.
  const share = divide(sampled, scalar(kernels.parameters));
  const [gradient] = gradients(multiply(reconstruction, share), [parameters]) as [Value];
  return { losses: { loss: reconstruction, reconstruction, kd: scalar(0), fmd: scalar(0) }, gradient };
}

/** Losses over all kernels; the gradient goes through the sampled ones (NeRN, "stochastic sampling"). */
function fullLosses(
  { target, kernels, embedding, distillation }: StepDefinition,
  layers: readonly Linear[],
  sample: Value | undefined,
  parameters: Value,
): LossesAndGradient {
  const prediction = predictGrid(layers, embedding);
  const places = constant(embedding.places);
  const predicted = gatherRows(prediction.kernels, places);
  const mask = kernels.mask && constant(kernels.mask.data, kernels.mask.shape);
  const rows = constant(kernels.rows.data, kernels.rows.shape);
  const reconstruction = reconstructionLoss(predicted, rows, mask, scalar(kernels.parameters));
  const [ofReconstruction] = gradients(reconstruction, [predicted]) as [Value];
  const distilled = distillation && distil(target, predicted, distillation);
  const upstream = distilled ? add(ofReconstruction, distilled.gradient) : ofReconstruction;
  const { kd, fmd } = distilled ?? { kd: scalar(0), fmd: scalar(0) };
  const loss = distilled ? add(reconstruction, distilled.loss) : reconstruction;
  const through: [Value, Value] = sample
    ? [
        samplePrediction(layers, embeddingOf(embedding, sample), prediction, gatherRows(places, sample)),
        gatherRows(upstream, sample),
      ]
    : [prediction.kernels, gatherRows(upstream, constant(embedding.kernels))];
  const [gradient] = pullBack([through], [parameters]) as [Value];
  return { losses: { loss, reconstruction, kd, fmd }, gradient };
}

/** The distillation losses on the input `images`, and the gradient of alpha KD + beta FMD for the kernels. */
function distil(
  { network, weights }: StepDefinition['target'],
  kernels: Value,
  { images, imagesAtOnce, alpha, beta }: NonNullable<StepDefinition['distillation']>,
): { kd: Value; fmd: Value; loss: Value; gradient: Value } {
  const filters = filtersOf(kernels, learnableConvolutions(network));
  const predicted = frozen(weights, step => filters.get(step.weight)!);
  const size = sizeOf(kernels.shape);
  const sums = sumOverSlices(
    input('images', [images, ...network.input]),
    sliceOf(images, imagesAtOnce),
    slice => {
      const original = forward(network, slice, frozen(weights));
      const reconstructed = forward(network, slice, predicted);
      const share = slice.shape[0]! / images;
      const kd = scale(distillationLoss(reconstructed.logits, original.logits), share);
      const fmd = scale(featureMapLoss(reconstructed.maps, original.maps), share);
      const [gradient] = gradients(add(scale(kd, alpha), scale(fmd, beta)), [kernels]) as [Value];
      return concatenate([reshape(gradient, [size]), reshape(kd, [1]), reshape(fmd, [1])], 0);
    },
  );
  const [kd, fmd] = [0, 1].map(i => reshape(slice(sums, [size + i], [1]), [])) as [Value, Value];
  return {
    kd,
    fmd,
    loss: add(scale(kd, alpha), scale(fmd, beta)),
    gradient: reshape(slice(sums, [0], [size]), kernels.shape),
  };
}

/** The largest divisor of the batch that is no more than `imagesAtOnce`; all at once when only tiny ones divide it. */
function sliceOf(images: number, imagesAtOnce: number): number {
  for (let size = Math.min(images, imagesAtOnce); size >= imagesAtOnce / 4; size--) {
    if (images % size === 0) return size;
  }
  return images;
}
