import { atLeast, divide, multiply, square, squareRoot, subtract } from '../../graph/elementwise.ts';
import { gatherRows } from '../../graph/layout.ts';
import { sum } from '../../graph/reduction.ts';
import { sizeOf, type Tensor } from '../../graph/tensor.ts';
import { constant, scalar, type Value } from '../../graph/value.ts';
import type { TargetKernels } from '../target-kernels.ts';

/**
 * A spec's `losses.reconstruction`: the root of the mean squared difference over all learnable parameters (NeRN, section
 * 3.2, as the authors compute it), or the mean over the layers of each one's mean squared difference.
 */
export type ReconstructionForm = 'rms' | 'layer-mse';

/** Keeps the root off zero, where its gradient is infinite; far below any real weight. */
const tiny = 1e-12;

/** The weight of each parameter in the mean: [kernels, k * k], or none where all weigh 1; and what they add up to. */
interface Weighting {
  readonly weights: Tensor | undefined;
  readonly total: number;
}

function weighting(form: ReconstructionForm, { rows, mask, parameters, layers }: TargetKernels): Weighting {
  if (form === 'rms') return { weights: mask, total: parameters };
  const width = rows.shape[1]!;
  const data = new Float32Array(rows.data.length);
  let at = 0;
  for (const layer of layers) {
    const weight = 1 / (layers.length * layer.parameters);
    for (const end = at + layer.kernels * width; at < end; at++) {
      data[at] = mask === undefined || mask.data[at] === 1 ? weight : 0;
    }
  }
  return { weights: { shape: rows.shape, data }, total: 1 };
}

const constantOf = ({ data, shape }: Tensor) => constant(data, shape);

function loss(
  form: ReconstructionForm,
  kernels: Value,
  target: Value,
  weights: Value | undefined,
  total: Value,
): Value {
  const squared = square(subtract(kernels, target));
  const mean = divide(sum(weights ? multiply(squared, weights) : squared), total);
  return form === 'rms' ? squareRoot(atLeast(mean, tiny)) : mean;
}

/** L_recon of all predicted kernels [kernels, k * k]. */
export function reconstructionLoss(form: ReconstructionForm, kernels: Value, target: TargetKernels): Value {
  const { weights, total } = weighting(form, target);
  return loss(form, kernels, constantOf(target.rows), weights && constantOf(weights), scalar(total));
}

/**
 * L_recon as the kernels `sample` [n] estimate it, from their predictions [n, k * k]; and the `share` of the whole that
 * they are: the gradient of share * loss is the whole loss's through these kernels, but for the root of a root mean
 * square, which is the estimate's.
 */
export function sampledReconstructionLoss(
  form: ReconstructionForm,
  kernels: Value,
  target: TargetKernels,
  sample: Value,
): { loss: Value; share: Value } {
  const { weights, total } = weighting(form, target);
  const rows = gatherRows(constantOf(target.rows), sample);
  const own = weights && gatherRows(constantOf(weights), sample);
  const sampled = own ? sum(own) : scalar(sizeOf(rows.shape));
  return { loss: loss(form, kernels, rows, own, sampled), share: divide(sampled, scalar(total)) };
}
