import {
  add,
  atLeast,
  divide,
  multiply,
  scale,
  square,
  squareRoot,
  subtract,
} from '../../graph/elementwise.ts';
import { concatenate, reshape } from '../../graph/layout.ts';
import { innerProduct, matmul } from '../../graph/linear.ts';
import { sum } from '../../graph/reduction.ts';
import { sizeOf } from '../../graph/tensor.ts';
import { scalar, type Value } from '../../graph/value.ts';

/**
 * A spec's `losses.fmd`: maps normalised for each image by itself, or over the whole batch, or compared by their Gram
 * matrices, which say how alike the images of a batch are (Tung & Mori 2019).
 */
export type FeatureMapForm = 'per-image' | 'per-batch' | 'gram';

/** Keeps norms off zero, where their gradient is infinite; far below any real feature. */
const tiny = 1e-12;

/** Added to a norm before dividing by it. */
const normOffset = 1e-3;

/**
 * Feature map distillation (L_FMD of NeRN, section 3.2) of maps [n, ...], summed over all of them. `per-image`: each
 * image's map divided by its norm, the squared difference, mean over images. `per-batch`: the same with the norm of the
 * whole batch, not divided by its size. `gram`: of the rows of the Gram matrices, mean over pairs of images.
 */
export function featureMapLoss(
  reconstructed: readonly Value[],
  original: readonly Value[],
  form: FeatureMapForm = 'per-image',
): Value {
  const images = original[0]!.shape[0]!;
  if (form === 'gram') {
    const distances = original.map((map, i) => gramDistance(map, reconstructed[i]!));
    return scale(distances.reduce(add), 1 / images ** 2);
  }
  const product = form === 'per-image' ? innerProduct : batchProduct;
  const productsOf = (a: readonly Value[], b: readonly Value[]) =>
    concatenate(
      a.map((map, i) => product(map, b[i]!)),
      0,
    );
  const [aa, bb, ab] = [
    productsOf(original, original),
    productsOf(reconstructed, reconstructed),
    productsOf(original, reconstructed),
  ];
  if (form === 'per-image') return scale(sum(distance(aa, bb, ab, steadied(aa))), 1 / images);
  // As in the authors' code, the original's batch is divided by its bare norm.
  return sum(distance(aa, bb, ab, norm(aa)));
}

const norm = (squared: Value) => squareRoot(atLeast(squared, tiny));
const steadied = (squared: Value) => add(norm(squared), scalar(normOffset));

/** The inner product of two whole batches: [n, ...] and [n, ...] -> [1]. */
const batchProduct = (a: Value, b: Value) => reshape(sum(innerProduct(a, b)), [1]);

/**
 * The squared distance of two normalised maps from their inner products, `na` being the first one's norm. With
 * a = map / (|map| + 1e-3) it is |a|^2 + |b|^2 - 2 <a, b>: three inner products, in place of passes over whole feature
 * maps, which on a CPU cost more than the convolutions.
 */
function distance(aa: Value, bb: Value, ab: Value, na: Value): Value {
  const nb = steadied(bb);
  const lengths = add(divide(aa, square(na)), divide(bb, square(nb)));
  return subtract(lengths, scale(divide(ab, multiply(na, nb)), 2));
}

/** The squared distance of the maps' Gram matrices [n, n], each row divided by its norm. */
function gramDistance(a: Value, b: Value): Value {
  return sum(square(subtract(gram(a), gram(b))));
}

function gram(map: Value): Value {
  const images = map.shape[0]!;
  const rows = reshape(map, [images, sizeOf(map.shape) / images]);
  const products = matmul(rows, rows, false, true);
  return divide(products, reshape(steadied(sum(square(products), [1])), [images, 1]));
}
