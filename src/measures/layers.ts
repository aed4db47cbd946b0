import { sizeOf, type Tensor } from '../graph/tensor.ts';
import type { ConvolutionStep } from '../networks/network.ts';

/** The weights [filters, channels, k, k] of a learnable layer. */
export interface Layer extends Tensor {
  /** The name of its parameter. */
  readonly name: string;
}

/** Where each weight of a layer stands in a table of kernels whose row `first` is the layer's first one. */
function places({ shape }: ConvolutionStep, first: number, width: number): Int32Array {
  const [filters, channels, k] = shape;
  const side = Math.sqrt(width);
  const margin = (side - k) / 2;
  const taps = Int32Array.from(
    { length: k * k },
    (_, tap) => (margin + Math.floor(tap / k)) * side + margin + (tap % k),
  );
  return Int32Array.from(
    { length: filters * channels * k * k },
    (_, i) => (first + Math.floor(i / (k * k))) * width + taps[i % (k * k)]!,
  );
}

/**
 * The layers out of a table of kernels [kernels, width] in the coordinates' order, width = k * k with the largest k; a
 * smaller kernel is the centre of its row.
 */
export function layersOf(
  kernels: Float32Array,
  width: number,
  convolutions: readonly ConvolutionStep[],
): Layer[] {
  let first = 0;
  return convolutions.map(step => {
    const at = places(step, first, width);
    first += step.shape[0] * step.shape[1];
    return { name: step.weight, shape: step.shape, data: Float32Array.from(at, place => kernels[place]!) };
  });
}

/** The table of kernels [kernels, width] that has these layers, zero where a kernel is smaller: `layersOf` undone. */
export function kernelsOf(
  layers: readonly Tensor[],
  width: number,
  convolutions: readonly ConvolutionStep[],
): Float32Array {
  const rows = convolutions.reduce((total, { shape }) => total + shape[0] * shape[1], 0);
  const kernels = new Float32Array(rows * width);
  let first = 0;
  for (const [l, step] of convolutions.entries()) {
    const { data } = layers[l]!;
    for (const [i, place] of places(step, first, width).entries()) kernels[place] = data[i]!;
    first += step.shape[0] * step.shape[1];
  }
  return kernels;
}

/** The filters of a layer, each as one row of values. */
export function filtersOf({ shape, data }: Tensor): Float32Array[] {
  const size = sizeOf(shape.slice(1));
  return Array.from({ length: shape[0]! }, (_, f) => data.subarray(f * size, (f + 1) * size));
}
