import { add, atLeast, divide, multiply, scale, square, squareRoot, subtract } from '../graph/elementwise.ts';
import { reshape } from '../graph/layout.ts';
import { innerProduct, matmul } from '../graph/linear.ts';
import { sum } from '../graph/reduction.ts';
import { sizeOf } from '../graph/tensor.ts';
import { scalar, type Value } from '../graph/value.ts';

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
  const total = (distance: (a: Value, b: Value) => Value) =>
    original.map((map, i) => distance(map, reconstructed[i]!)).reduce(add);
  if (form === 'per-batch') return total(batchDistance);
  if (form === 'gram') return scale(total(gramDistance), 1 / images ** 2);
  return scale(sum(total(imageDistance)), 1 / images);
}

const norm = (squared: Value) => squareRoot(atLeast(squared, tiny));
const steadied = (squared: Value) => add(norm(squared), scalar(normOffset));

/**
 * The squared distance of each image's normalised maps: [n, ...] and [n, ...] -> [n]. With a = map / (|map| + 1e-3) it
 * is |a|^2 + |b|^2 - 2 <a, b>: three inner products, in place of passes over whole feature maps, which on a CPU cost
 * more than the convolutions.
 */
function imageDistance(a: Value, b: Value): Value {
  const [aa, bb, ab] = [innerProduct(a, a), innerProduct(b, b), innerProduct(a, b)];
  const [na, nb] = [steadied(aa), steadied(bb)];
  const lengths = add(divide(aa, square(na)), divide(bb, square(nb)));
  return subtract(lengths, scale(divide(ab, multiply(na, nb)), 2));
}

/** The same of the whole batch's maps as one; the original's is divided by its bare norm, as in the authors' code. */
function batchDistance(a: Value, b: Value): Value {
  const [aa, bb, ab] = [innerProduct(a, a), innerProduct(b, b), innerProduct(a, b)].map(rows =>
    sum(rows),
  ) as [Value, Value, Value];
  const [na, nb] = [norm(aa), steadied(bb)];
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
