import type { GradientRules } from './gradient.ts';
import { reshape } from './layout.ts';
import { sum } from './reduction.ts';
import { type Operation, scalar, type Value, value } from './value.ts';

type Binary = 'add' | 'subtract' | 'multiply' | 'divide';
type Unary = 'negate' | 'exponential' | 'logarithm' | 'squareRoot' | 'relu';

const binary = (kind: Binary) => (a: Value, b: Value) =>
  value({ kind } as Operation, [a, b], broadcastShape(a.shape, b.shape));
const unary = (kind: Unary) => (x: Value) => value({ kind } as Operation, [x], x.shape);

/** Elementwise; shapes broadcast as in numpy. */
export const add = binary('add');
export const subtract = binary('subtract');
export const multiply = binary('multiply');
export const divide = binary('divide');

export const negate = unary('negate');
export const exponential = unary('exponential');
export const logarithm = unary('logarithm');
export const squareRoot = unary('squareRoot');
export const relu = unary('relu');

export const square = (x: Value) => multiply(x, x);
export const scale = (x: Value, factor: number) => multiply(x, scalar(factor));

/** max(x, bound). Its gradient is that of x above the bound and zero below: it keeps a root or a norm off zero. */
export const atLeast = (x: Value, bound: number) => value({ kind: 'atLeast', bound }, [x], x.shape);

/** `upstream` where `x` is positive, else zero. */
const reluGradient = (upstream: Value, x: Value) => value({ kind: 'reluGradient' }, [upstream, x], x.shape);

/**
 * A value with the gradient of `x` that is computed as `computed`, which must be equal to it: for a result that is
 * there already in another form (rows of a larger product, say).
 */
export function computedAs(x: Value, computed: Value): Value {
  if (x.shape.join() !== computed.shape.join()) {
    throw new Error(`Expected [${computed.shape}] to be the shape of what it stands for, [${x.shape}]`);
  }
  return value({ kind: 'computedAs' }, [x, computed], x.shape);
}

export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) throw new Error(`Shapes [${a}] and [${b}] do not broadcast`);
    return x === 1 ? y : x;
  });
}

/** The gradient of an operand that was broadcast: summed over the axes along which it was repeated. */
export function unbroadcast(gradient: Value, shape: readonly number[]): Value {
  const lead = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((length, axis) =>
    axis < lead || (shape[axis - lead] === 1 && length !== 1) ? [axis] : [],
  );
  return axes.length === 0 ? gradient : reshape(sum(gradient, axes), shape);
}

const binaryRule =
  (partials: (a: Value, b: Value, upstream: Value) => [() => Value, () => Value]): GradientRules[Binary] =>
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
