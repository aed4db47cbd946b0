import {
  add,
  atLeast,
  divide,
  logarithm,
  multiply,
  scale,
  square,
  squareRoot,
  subtract,
} from '../graph/elementwise.ts';
import { concatenate } from '../graph/layout.ts';
import { innerProduct } from '../graph/linear.ts';
import { logSoftmax, softmax, sum } from '../graph/reduction.ts';
import { scalar, type Value } from '../graph/value.ts';

/** Keeps norms and roots off zero, where their gradient is infinite; far below any real weight or feature. */
const tiny = 1e-12;

/**
 * Reconstruction (L_recon of NeRN, section 3.2, as the authors compute it): the root of the mean squared difference
 * over `parameters` learnable parameters. `kernels` and `target` are [kernels, k * k]; `mask`, of the same shape, is 1
 * where there is a parameter (a kernel smaller than k x k has only its centre).
 */
export function reconstructionLoss(
  kernels: Value,
  target: Value,
  mask: Value | undefined,
  parameters: Value,
): Value {
  const difference = subtract(kernels, target);
  const squared = square(mask ? multiply(difference, mask) : difference);
  return squareRoot(atLeast(divide(sum(squared), parameters), tiny));
}

/** The offset that steadies the logarithm of the reconstructed network's probabilities (the authors' "stable" form). */
const stabilizer = 1e-4;

/**
 * Knowledge distillation (L_KD of NeRN, section 3.2): KL(original || reconstructed) of the class probabilities, from
 * logits [n, classes], mean over images.
 */
export function distillationLoss(reconstructed: Value, original: Value): Value {
  const logarithmOfPrediction = logarithm(add(softmax(reconstructed), scalar(stabilizer)));
  const divergence = multiply(softmax(original), subtract(logSoftmax(original), logarithmOfPrediction));
  return scale(sum(divergence), 1 / original.shape[0]!);
}

/** Added to a feature map's norm before dividing by it. */
const normOffset = 1e-3;

/**
 * Feature map distillation (L_FMD of NeRN, section 3.2) of maps [n, ...]: each image's map divided by its norm, the
 * squared difference summed over all maps, mean over images. With a = map / (|map| + 1e-3) it is
 * |a|^2 + |a'|^2 - 2 <a, a'>: three inner products, in place of passes over whole feature maps, which on a CPU cost more
 * than the convolutions.
 */
export function featureMapLoss(reconstructed: readonly Value[], original: readonly Value[]): Value {
  const [{ shape }] = original as [Value];
  const productsOf = (a: readonly Value[], b: readonly Value[]) =>
    concatenate(
      a.map((map, i) => innerProduct(map, b[i]!)),
      0,
    );
  const distances = normalizedDistance(
    productsOf(original, original),
    productsOf(reconstructed, reconstructed),
    productsOf(original, reconstructed),
  );
  return scale(sum(distances), 1 / shape[0]!);
}

/** The squared distance of two normalised maps, from their inner products. */
function normalizedDistance(aa: Value, bb: Value, ab: Value): Value {
  const norm = (squared: Value) => add(squareRoot(atLeast(squared, tiny)), scalar(normOffset));
  const [na, nb] = [norm(aa), norm(bb)];
  const lengths = add(divide(aa, square(na)), divide(bb, square(nb)));
  return subtract(lengths, scale(divide(ab, multiply(na, nb)), 2));
}
