import { multiply, negate } from '../graph/elementwise.ts';
import { gradients } from '../graph/gradient.ts';
import type { Program } from '../graph/program.ts';
import { logSoftmax, sum } from '../graph/reduction.ts';
import type { Tensor } from '../graph/tensor.ts';
import { input, type Value } from '../graph/value.ts';
import { withKernels } from '../nern/predictor/reconstruct.ts';
import type { TargetKernels } from '../nern/target-kernels.ts';
import { forward } from '../networks/forward.ts';
import type { Network } from '../networks/network.ts';

/**
 * The fast gradient sign method (FGSM, Goodfellow et al. 2014) when it has one step of size `epsilon`, its iteration
 * (I-FGSM, Kurakin et al. 2016) when it has several: images move along the sign of the gradient of their loss, never
 * further than `epsilon` from where they were nor out of the range of pixels, from 0, black, to 1, white.
 */
export interface Attack {
  /** The largest change of a pixel. */
  readonly epsilon: number;
  readonly steps: number;
  /** The change of a pixel in one step. */
  readonly stepSize: number;
}

/** The smallest step of an image of 8 bits a channel, in which attacks are told. */
export const level = 1 / 255;

/** What a result says of an attack; sizes in steps of 8-bit pixels. */
export function attackSettings({ epsilon, steps, stepSize }: Attack): Record<string, string> {
  const told = (size: number) => `${Number((size / level).toPrecision(6))}/255`;
  return { epsilon: told(epsilon), steps: `${steps}`, 'step size': told(stepSize) };
}

/**
 * The gradient of each image's cross-entropy with respect to the image. Inputs: `kernels` [kernels, k * k], `images`
 * [images, 3, h, w] (normalised), `labels` [images, classes] (one-hot). Output: `gradient`, of the images' shape.
 */
export function imageGradientProgram(
  network: Network,
  weights: ReadonlyMap<string, Tensor>,
  kernels: TargetKernels,
  count: number,
): Program {
  const parameters = withKernels(network, weights, input('kernels', kernels.rows.shape));
  const images = input('images', [count, ...network.input]);
  const labels = input('labels', [count, network.classes]);
  const { logits } = forward(network, images, parameters);
  // A sum, not a mean: each image has its own gradient, whatever the batch around it.
  const loss = negate(sum(multiply(labels, logSoftmax(logits))));
  const [gradient] = gradients(loss, [images]) as [Value];
  return { name: 'image-gradient', outputs: { gradient } };
}

/** One step of an attack on `pixels`, in place; `bytes` are the images it began with, `gradient` is that of the loss. */
export function ascend(
  pixels: Float32Array,
  bytes: Uint8Array,
  gradient: Float32Array,
  { epsilon, stepSize }: Attack,
): void {
  for (let i = 0; i < bytes.length; i++) {
    const origin = bytes[i]! / 255;
    const moved = pixels[i]! + stepSize * Math.sign(gradient[i]!);
    pixels[i] = Math.min(Math.max(moved, origin - epsilon, 0), origin + epsilon, 1);
  }
}
