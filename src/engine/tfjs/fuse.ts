import { forwardOperands, type Value } from '../../graph/value.ts';

/**
 * The convolutions and linear layers whose result only a ReLU needs: their kernels do it in passing. Inference has many,
 * training few: there the feature maps before the ReLU are compared.
 */
export function findRectified(values: readonly Value[], outputs: readonly Value[]): ReadonlySet<Value> {
  const uses = new Map<Value, number>();
  for (const of of [...values.flatMap(forwardOperands), ...outputs]) uses.set(of, (uses.get(of) ?? 0) + 1);
  const before = values.filter(of => of.operation.kind === 'relu').map(of => of.operands[0]!);
  return new Set(before.filter(of => isFusible(of) && uses.get(of) === 1));
}

const isFusible = ({ operation: { kind } }: Value) => kind === 'convolution' || kind === 'linear';
