import { multiply, scale, subtract } from './elementwise.ts';
import type { GradientRules } from './gradient-rule.ts';
import { expand, reshape } from './layout.ts';
import { type Value, value } from './value.ts';

/** The sum over `axes` (all of them when absent), which are removed. */
export function sum(x: Value, axes: readonly number[] = x.shape.map((_, axis) => axis)): Value {
  return value(
    { kind: 'sum', axes },
    [x],
    x.shape.filter((_, axis) => !axes.includes(axis)),
  );
}

/** The mean over `axes` (all of them when absent), which are removed. */
export function mean(x: Value, axes: readonly number[] = x.shape.map((_, axis) => axis)): Value {
  const count = axes.reduce((product, axis) => product * x.shape[axis]!, 1);
  return scale(sum(x, axes), 1 / count);
}

/** Along the last axis. */
export const softmax = (x: Value) => value({ kind: 'softmax' }, [x], x.shape);
export const logSoftmax = (x: Value) => value({ kind: 'logSoftmax' }, [x], x.shape);

/** The shape of a sum with the summed axes kept as 1. */
const keptShape = (shape: readonly number[], axes: readonly number[]) =>
  shape.map((length, axis) => (axes.includes(axis) ? 1 : length));

/** The sum along the last axis, kept as an axis of length 1. */
const sumOfRow = (x: Value) => {
  const last = x.shape.length - 1;
  return reshape(sum(x, [last]), keptShape(x.shape, [last]));
};

export const reductionGradients = {
  sum: (of, g) => {
    const [x] = of.operands as [Value];
    const { axes } = of.operation as { axes: readonly number[] };
    return [expand(reshape(g, keptShape(x.shape, axes)), x.shape)];
  },
  softmax: (_of, g, _wanted, result) => [multiply(result, subtract(g, sumOfRow(multiply(g, result))))],
  logSoftmax: (of, g) => [subtract(g, multiply(softmax(of.operands[0]!), sumOfRow(g)))],
} satisfies Partial<GradientRules>;
