import { add, atLeast, divide, square, squareRoot, subtract } from '../../graph/elementwise.ts';
import { reshape, slice } from '../../graph/layout.ts';
import { innerProduct } from '../../graph/linear.ts';
import { sum } from '../../graph/reduction.ts';
import { sizeOf } from '../../graph/tensor.ts';
import { scalar, type Value } from '../../graph/value.ts';
import { layerSizes } from '../coordinates.ts';
import type { Smoothness } from '../ordering/smoothness.ts';

/** Squares of norms are kept above this: a kernel of zeros has no direction, and a root at 0 no slope. */
const leastSquare = 1e-16;

/**
 * How rough kernels are (`smoothnessLoss`), as a term of a training loss (NeRN, section 3.3, "regularization-based
 * smoothness"). `layers`: filters [F, C, k, k] of each learnable convolution.
 */
export function smoothnessTerm(layers: readonly Value[], smoothness: Smoothness): Value {
  return layers.map(layer => ofLayer(layer, smoothness)).reduce(add, scalar(0));
}

function ofLayer(layer: Value, { distance, neighbours }: Smoothness): Value {
  const { filters, channels, width } = layerSizes(layer);
  const size = width * width;
  const kernels = reshape(layer, [filters, channels, size]);
  const points = width === 1 ? kernels : directions(kernels);
  const apart = distance === 'l2' || width === 1 ? euclidean : cosine;
  /** Of each kernel and the one `down` filters and `right` channels on. */
  const pairs = (down: number, right: number) => {
    const [rows, columns] =
      neighbours === 'inner' ? [filters - 1, channels - 1] : [filters - down, channels - right];
    if (rows === 0 || columns === 0) return scalar(0);
    const block = (at: readonly number[]) => slice(points, at, [rows, columns, size]);
    return apart(block([0, 0, 0]), block([down, right, 0]));
  };
  return add(pairs(1, 0), pairs(0, 1));
}

/** Kernels [F, C, size] at length 1. */
function directions(kernels: Value): Value {
  const lengths = squareRoot(atLeast(sum(square(kernels), [2]), leastSquare));
  return divide(kernels, reshape(lengths, [...lengths.shape, 1]));
}

/** The sum over pairs of 1 - cos, of kernels of length 1. */
function cosine(a: Value, b: Value): Value {
  const all = (of: Value) => reshape(of, [1, sizeOf(of.shape)]);
  const pairs = sizeOf(a.shape) / a.shape[2]!;
  return subtract(scalar(pairs), sum(innerProduct(all(a), all(b))));
}

/** The sum over pairs of |a - b|. */
function euclidean(a: Value, b: Value): Value {
  return sum(squareRoot(atLeast(sum(square(subtract(a, b)), [2]), leastSquare)));
}
