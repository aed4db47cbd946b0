import type { Tensor } from '../graph/tensor.ts';
import { sizeOf } from '../graph/tensor.ts';
import type { Random } from '../random.ts';

/** Sizes of the predictor: embedding values in, hidden units, kernel values (k x k) out. */
export interface PredictorSizes {
  readonly inputs: number;
  readonly hidden: number;
  readonly outputs: number;
}

/** One linear layer: weight [out, in] and bias [out]. */
export interface LinearLayer {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/** [in, out] of the predictor's five linear layers (NeRN, section 3.1 and the authors' code). */
export function linearSizes({
  inputs,
  hidden,
  outputs,
}: PredictorSizes): readonly (readonly [number, number])[] {
  return [
    [inputs, hidden],
    [hidden, hidden],
    [hidden, hidden],
    [hidden, hidden],
    [hidden, outputs],
  ];
}

/** Weights and biases of the whole predictor: the numerator of the compression ratio. */
export function predictorParameters(sizes: PredictorSizes): number {
  return linearSizes(sizes).reduce((count, [fanIn, fanOut]) => count + (fanIn + 1) * fanOut, 0);
}

/**
 * A fresh predictor: weight and bias of every layer uniform in [-1/sqrt(fan in), 1/sqrt(fan in)), drawn layer by
 * layer, weight before bias (PyTorch's default for linear layers, which the authors use).
 */
export function initialisePredictor(sizes: PredictorSizes, random: Random): LinearLayer[] {
  return linearSizes(sizes).map(([fanIn, fanOut]) => {
    const bound = 1 / Math.sqrt(fanIn);
    return {
      weight: uniformTensor([fanOut, fanIn], bound, random),
      bias: uniformTensor([fanOut], bound, random),
    };
  });
}

function uniformTensor(shape: readonly number[], bound: number, random: Random): Tensor {
  const data = Float32Array.from({ length: sizeOf(shape) }, () => (2 * random.uniform() - 1) * bound);
  return { shape, data };
}
