import { add, scale } from '../graph/elementwise.ts';
import { gradients } from '../graph/gradient.ts';
import { concatenate, pad, reshape, slice } from '../graph/layout.ts';
import { sumOverSlices } from '../graph/sequence.ts';
import { sizeOf, type Tensor } from '../graph/tensor.ts';
import { input, type Value } from '../graph/value.ts';
import { forward, frozen } from '../networks/forward.ts';
import { learnableConvolutions, type Network } from '../networks/network.ts';
import { distillationLoss } from './distillation-loss.ts';
import { featureMapLoss } from './feature-map-loss.ts';
import { type LossForms, sumsOverImages } from './losses.ts';
import { vectorOf } from './parameter-vector.ts';
import { filtersOf } from './predictor.ts';
import type { TargetKernels } from './target-kernels.ts';

/** The network whose outputs and feature maps are compared, with its weights. */
export interface DistilledTarget {
  readonly network: Network;
  readonly weights: ReadonlyMap<string, Tensor>;
}

/** Knowledge and feature map distillation on a batch of images. */
export interface Distillation {
  readonly images: number;
  /** Images that go through the networks together; the gradients of such slices are summed. */
  readonly imagesAtOnce: number;
  readonly alpha: number;
  readonly beta: number;
}

/** What distillation works on. */
export interface Distilling {
  readonly target: DistilledTarget;
  readonly kernels: TargetKernels;
  /** The layers that can carry gradient, in the target's order; undefined: all. */
  readonly sampledLayers: readonly number[] | undefined;
  readonly losses: LossForms;
  readonly distillation: Distillation;
}

/**
 * The distillation losses on the input `images`, of predicted `kernels` [kernels, k * k], and the gradient of
 * alpha KD + beta FMD for them.
 */
export function distil(
  { target: { network, weights }, kernels: { layers }, sampledLayers, losses, distillation }: Distilling,
  kernels: Value,
): { kd: Value; fmd: Value; loss: Value; gradient: Value } {
  const { images, imagesAtOnce, alpha, beta } = distillation;
  const convolutions = learnableConvolutions(network);
  const carriers = carriersOf(kernels, layers, sampledLayers);
  const filters = filtersOf(kernels, convolutions);
  for (const { rows, layer } of carriers) {
    if (layer === undefined) continue;
    for (const [name, own] of filtersOf(rows, [convolutions[layer]!])) filters.set(name, own);
  }
  const predicted = frozen(weights, step => filters.get(step.weight)!);
  const size = carriers.reduce((total, { rows }) => total + sizeOf(rows.shape), 0);
  const sums = sumOverSlices(
    input('images', [images, ...network.input]),
    sumsOverImages(losses) ? sliceOf(images, imagesAtOnce) : images,
    slice => {
      const original = forward(network, slice, frozen(weights));
      const reconstructed = forward(network, slice, predicted);
      const share = slice.shape[0]! / images;
      const kd = scale(
        distillationLoss(reconstructed.logits, original.logits, losses.kd, losses.temperature),
        share,
      );
      const fmd = scale(featureMapLoss(reconstructed.maps, original.maps, losses.fmd), share);
      const ofCarriers = gradients(
        add(scale(kd, alpha), scale(fmd, beta)),
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
