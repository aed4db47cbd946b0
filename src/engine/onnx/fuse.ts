import { forwardOperands, type Value } from '../../graph/value.ts';
import { convolvesBlocks } from './convolution.ts';
import { scalesBlocks } from './normalisation.ts';

/** What works on blocks and what follows it, done together in one pass over the result. */
export interface Fusion {
  /** A convolution, or a scaling of channels. */
  readonly base: Value;
  /** What is added to it before the ReLU (a residual block's identity path). */
  readonly added: Value | undefined;
}

/**
 * The ReLUs that end a convolution or a batch norm, or a sum with one, of which nothing else needs to know; by the ReLU. Inference
 * has many, training a predictor few: there the feature maps before the ReLU are compared.
 */
export function findFusions(
  values: readonly Value[],
  outputs: readonly Value[],
  block: number,
): Map<Value, Fusion> {
  const uses = new Map<Value, number>();
  for (const of of [...values.flatMap(forwardOperands), ...outputs]) uses.set(of, (uses.get(of) ?? 0) + 1);
  const fusible = (of: Value) =>
    uses.get(of) === 1 &&
    (convolvesBlocks(of, block) || (scalesBlocks(of, block) && of.operands.length !== 4));
  const fusionOf = (before: Value): Fusion | undefined => {
    if (fusible(before)) return { base: before, added: undefined };
    if (before.operation.kind !== 'add' || uses.get(before) !== 1) return undefined;
    const [a, b] = before.operands as [Value, Value];
    if (fusible(a) && a.shape.join() === b.shape.join()) return { base: a, added: b };
    if (fusible(b) && a.shape.join() === b.shape.join()) return { base: b, added: a };
    return undefined;
  };
  const found = new Map<Value, Fusion>();
  for (const of of values) {
    const fusion = of.operation.kind === 'relu' ? fusionOf(of.operands[0]!) : undefined;
    if (fusion) found.set(of, fusion);
  }
  return found;
}
