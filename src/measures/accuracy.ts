import { sizeOf, type Tensor } from '../graph/tensor.ts';

/**
 * The share of images, in percent, whose class is among the `within` highest logits: top-1 accuracy, top-5 accuracy,
 * ... `logits` is [images, classes], `labels` [images]. Of equal logits that of the lower class counts as the higher
 * one; a logit that is no number never makes an image right.
 */
export function accuracy(logits: Tensor, labels: ArrayLike<number>, within = 1): number {
  const [images, classes] = logits.shape as [number, number];
  let right = 0;
  for (let i = 0; i < images; i++) {
    const row = logits.data.subarray(i * classes, (i + 1) * classes);
    if (rankOf(row, labels[i]!) < within) right++;
  }
  return (100 * right) / images;
}

/** How many classes come before `label` when a row of logits is sorted. */
function rankOf(row: Float32Array, label: number): number {
  const own = row[label]!;
  return row.reduce((rank, logit, i) => {
    const isBehind = logit < own || (logit === own && i >= label);
    return isBehind ? rank : rank + 1;
  }, 0);
}

/** The class of each image: the highest of its logits, the first of equal ones; `logits` is [images, classes]. */
export function classesOf({ shape, data }: Tensor): Int32Array {
  const [images, classes] = shape as [number, number];
  if (data.length !== sizeOf(shape)) throw new Error(`Expected ${sizeOf(shape)} logits, got ${data.length}`);
  return Int32Array.from({ length: images }, (_, i) =>
    indexOfLargest(data.subarray(i * classes, (i + 1) * classes)),
  );
}

/** The first of several equal ones counts, as everywhere. */
export function indexOfLargest(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
