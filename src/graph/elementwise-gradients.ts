import { divide, multiply, negate, scale, square, subtract } from './elementwise.ts';
import type { GradientRule, GradientRules } from './gradient-rule.ts';
import { reshape } from './layout.ts';
import { sum } from './reduction.ts';
import { scalar, type Value, value } from './value.ts';

/*
 * The rules of `elementwise.ts`. They stand apart from the operations because undoing a broadcast takes sums, and the
 * gradient of a sum takes products again.
 */

/** `upstream` where `x` is positive, else zero. */
const reluGradient = (upstream: Value, x: Value) => value({ kind: 'reluGradient' }, [upstream, x], x.shape);

/** The gradient of an operand that was broadcast: summed over the axes along which it was repeated. */
function unbroadcast(gradient: Value, shape: readonly number[]): Value {
  const lead = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((length, axis) =>
    axis < lead || (shape[axis - lead] === 1 && length !== 1) ? [axis] : [],
  );
  return axes.length === 0 ? gradient : reshape(sum(gradient, axes), shape);
}

const binaryRule =
  (partials: (a: Value, b: Value, upstream: Value) => [() => Value, () => Value]): GradientRule =>
  (of, upstream, wanted) => {
    const [a, b] = of.operands as [Value, Value];
    const [da, db] = partials(a, b, upstream);
    return [
      wanted[0] ? unbroadcast(da(), a.shape) : undefined,
      wanted[1] ? unbroadcast(db(), b.shape) : undefined,
    ];
  };

export const elementwiseGradients = {
  add: binaryRule((_a, _b, g) => [() => g, () => g]),
  subtract: binaryRule((_a, _b, g) => [() => g, () => negate(g)]),
  multiply: binaryRule((a, b, g) => [() => multiply(g, b), () => multiply(g, a)]),
  divide: binaryRule((a, b, g) => [() => divide(g, b), () => negate(divide(multiply(g, a), square(b)))]),
  negate: (_of, g) => [negate(g)],
  exponential: (_of, g, _wanted, result) => [multiply(g, result)],
  logarithm: (of, g) => [divide(g, of.operands[0]!)],
  squareRoot: (_of, g, _wanted, result) => [divide(g, scale(result, 2))],
  relu: (_of, g, _wanted, result) => [reluGradient(g, result)],
  reluGradient: (of, g) => [reluGradient(g, of.operands[1]!), undefined],
  atLeast: (of, g) => {
    const [x] = of.operands as [Value];
    const { bound } = of.operation as { bound: number };
    return [reluGradient(g, subtract(x, scalar(bound)))];
  },
  computedAs: (_of, g) => [g, undefined],
} satisfies Partial<GradientRules>;
