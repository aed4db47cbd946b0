import { add, logarithm, multiply, scale, subtract } from '../../graph/elementwise.ts';
import { logSoftmax, softmax, sum } from '../../graph/reduction.ts';
import { scalar, type Value } from '../../graph/value.ts';

/**
 * A spec's `losses.kd`: whose probabilities get an offset before the logarithm; `stable` (the authors' experiments): the
 * reconstructed network's, `stable-both`: both networks', `plain`: none.
 */
export type DistillationForm = 'stable' | 'plain' | 'stable-both';

const offset = 1e-4;

/**
 * Knowledge distillation (L_KD of NeRN, section 3.2): KL(original || reconstructed) of the class probabilities, from
 * logits [n, classes], mean over images. Logits are divided by the `temperature`, the loss multiplied by its square.
 */
export function distillationLoss(
  reconstructed: Value,
  original: Value,
  form: DistillationForm = 'stable',
  temperature = 1,
): Value {
  const cooled = (logits: Value) => (temperature === 1 ? logits : scale(logits, 1 / temperature));
  const probabilities = (logits: Value, steadied: boolean) =>
    steadied ? add(softmax(logits), scalar(offset)) : softmax(logits);
  const logarithms = (logits: Value, steadied: boolean) =>
    steadied ? logarithm(probabilities(logits, true)) : logSoftmax(logits);
  const [a, b] = [cooled(original), cooled(reconstructed)];
  const both = form === 'stable-both';
  const difference = subtract(logarithms(a, both), logarithms(b, form !== 'plain'));
  const divergence = multiply(probabilities(a, both), difference);
  return scale(sum(divergence), temperature ** 2 / original.shape[0]!);
}
