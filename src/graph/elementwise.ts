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

/** min(x, bound), with the gradient of x below the bound and zero above. */
export const atMost = (x: Value, bound: number) => negate(atLeast(negate(x), -bound));

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

function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) throw new Error(`Shapes [${a}] and [${b}] do not broadcast`);
    return x === 1 ? y : x;
  });
}
