import { add, scale } from '../../graph/elementwise.ts';
import { gradients } from '../../graph/gradient.ts';
import { concatenate, pad, reshape, slice } from '../../graph/layout.ts';
import { sumOverSlices } from '../../graph/sequence.ts';
import { sizeOf } from '../../graph/tensor.ts';
import { input, scalar, type Value } from '../../graph/value.ts';
import { forward, frozen } from '../../networks/forward.ts';
import { learnableConvolutions, type Network } from '../../networks/network.ts';
import { vectorOf } from '../../optim/parameters.ts';
import { distillationLoss } from '../losses/distillation-loss.ts';
import { featureMapLoss } from '../losses/feature-map-loss.ts';
import { type LossForms, sumsOverImages } from '../losses/losses.ts';
import { filtersOf } from '../predictor/predictor.ts';
import type { TargetKernels } from '../target-kernels.ts';
import { type DistilledTarget, guidanceOf, type Teacher } from './teacher.ts';

/** Knowledge and feature map distillation on a batch of images. */
export interface Distillation {
  readonly images: number;
  /** Images that go through the networks together; the gradients of such slices are summed. */
  readonly imagesAtOnce: number;
  readonly alpha: number;
  readonly beta: number;
}

/**
 * Whether a step is given the teacher's logits, as the input `guidance` [images, classes]: without a loss of feature
 * maps they are all that it needs to know of the teacher, and they can be computed before.
 */
export const takesGuidance = ({ beta }: Pick<Distillation, 'beta'>) => beta === 0;

/** What distillation works on. */
export interface Distilling {
  readonly target: DistilledTarget;
  /** The network that is learned from, whose feature maps have the target's shapes; absent: the target itself. */
  readonly teacher?: Teacher | undefined;
  readonly kernels: TargetKernels;
  /** The layers that can carry gradient, in the target's order; undefined: all. */
  readonly sampledLayers: readonly number[] | undefined;
  readonly losses: LossForms;
  readonly distillation: Distillation;
}

/**
 * The distillation losses on the input `images`, of predicted `kernels` [kernels, k * k], and the gradient of
 * alpha KD + beta FMD for them. FMD is not computed, and 0, where beta is 0.
 */
export function distil(
  { target, teacher, kernels: { layers }, sampledLayers, losses, distillation }: Distilling,
  kernels: Value,
): { kd: Value; fmd: Value; loss: Value; gradient: Value } {
  const { network, weights } = target;
  const { images, imagesAtOnce, alpha, beta } = distillation;
  const convolutions = learnableConvolutions(network);
  const carriers = carriersOf(kernels, layers, sampledLayers);
  const filters = filtersOf(kernels, convolutions);
  for (const { rows, layer } of carriers) {
    if (layer === undefined) continue;
    for (const [name, own] of filtersOf(rows, [convolutions[layer]!])) filters.set(name, own);
  }
  const predicted = frozen(weights, step => filters.get(step.weight));
  const size = carriers.reduce((total, { rows }) => total + sizeOf(rows.shape), 0);
  const sums = sumOverSlices(
    seenBy(distillation, network),
    sumsOverImages(losses) ? sliceOf(images, imagesAtOnce) : images,
    slice => {
      const { shown, guidance } = partsOf(slice, distillation, network);
      const original = guidance ? { logits: guidance, maps: [] } : guidanceOf(teacher ?? target, shown);
      const ownOriginal = !teacher && 'made' in original ? original : undefined;
      const reconstructed = forward(network, shown, predicted, ownOriginal);
      const share = slice.shape[0]! / images;
      const kd = scale(
        distillationLoss(reconstructed.logits, original.logits, losses.kd, losses.temperature),
        share,
      );
      const fmd = guidance
        ? scalar(0)
        : scale(featureMapLoss(reconstructed.maps, original.maps, losses.fmd), share);
      const ofCarriers = gradients(
        guidance ? scale(kd, alpha) : add(scale(kd, alpha), scale(fmd, beta)),
        carriers.map(({ rows }) => rows),
      );
      return concatenate([vectorOf(ofCarriers), reshape(kd, [1]), reshape(fmd, [1])], 0);
    },
  );
  const [kd, fmd] = [0, 1].map(i => reshape(slice(sums, [size + i], [1]), [])) as [Value, Value];
  const parts = carriers.map(({ rows }, i) => {
    const before = carriers.slice(0, i).reduce((total, other) => total + sizeOf(other.rows.shape), 0);
    return reshape(slice(sums, [before], [sizeOf(rows.shape)]), rows.shape);
  });
  return {
    kd,
    fmd,
    loss: add(scale(kd, alpha), scale(fmd, beta)),
    gradient: parts.map((part, i) => pad(part, [carriers[i]!.first, 0], kernels.shape)).reduce(add),
  };
}

/** What of a batch is cut into slices: the images, and in one row with each the teacher's logits where they are given. */
function seenBy(distillation: Distillation, { input: shape, classes }: Network): Value {
  const { images } = distillation;
  const shown = input('images', [images, ...shape]);
  if (!takesGuidance(distillation)) return shown;
  return concatenate([reshape(shown, [images, sizeOf(shape)]), input('guidance', [images, classes])], 1);
}

function partsOf(
  rows: Value,
  distillation: Distillation,
  { input: shape, classes }: Network,
): { shown: Value; guidance?: Value } {
  if (!takesGuidance(distillation)) return { shown: rows };
  const [images, size] = [rows.shape[0]!, sizeOf(shape)];
  return {
    shown: reshape(slice(rows, [0, 0], [images, size]), [images, ...shape]),
    guidance: slice(rows, [0, size], [images, classes]),
  };
}

/** Rows of the predicted kernels that are differentiated for: of one layer, or all together. */
interface Carrier {
  readonly rows: Value;
  readonly first: number;
  readonly layer: number | undefined;
}

/** What cannot be sampled needs no gradient, nor does the network below the lowest layer that can. */
function carriersOf(
  kernels: Value,
  layers: TargetKernels['layers'],
  sampledLayers: readonly number[] | undefined,
): Carrier[] {
  if (sampledLayers === undefined) return [{ rows: kernels, first: 0, layer: undefined }];
  const firstOf = (layer: number) =>
    layers.slice(0, layer).reduce((total, { kernels }) => total + kernels, 0);
  return sampledLayers.map(layer => {
    const first = firstOf(layer);
    return { rows: slice(kernels, [first, 0], [layers[layer]!.kernels, kernels.shape[1]!]), first, layer };
  });
}

/** The largest divisor of the batch that is no more than `imagesAtOnce`; all at once when only tiny ones divide it. */
function sliceOf(images: number, imagesAtOnce: number): number {
  for (let size = Math.min(images, imagesAtOnce); size >= imagesAtOnce / 4; size--) {
    if (images % size === 0) return size;
  }
  return images;
}
