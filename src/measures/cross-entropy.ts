import type { Tensor } from '../graph/tensor.ts';

/**
 * The loss that classifiers are trained with: the mean over images of -ln(softmax(logits)[label]), in nats, summed in
 * float64. `logits` is [images, classes], `labels` [images].
 */
export function crossEntropy(logits: Tensor, labels: ArrayLike<number>): number {
  const [images, classes] = logits.shape as [number, number];
  let total = 0;
  for (let i = 0; i < images; i++) {
    const row = logits.data.subarray(i * classes, (i + 1) * classes);
    total += logarithmOfSum(row) - row[labels[i]!]!;
  }
  return total / images;
}

/** ln(sum(exp(row))), with the largest taken out so that no exponential overflows. */
function logarithmOfSum(row: Float32Array): number {
  const largest = row.reduce((a, b) => Math.max(a, b));
  return largest + Math.log(row.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
}
