import { add, atLeast, atMost, divide, multiply, square, squareRoot } from '../graph/elementwise.ts';
import { sum } from '../graph/reduction.ts';
import { scalar, type Value } from '../graph/value.ts';
import type { ParameterShapes } from './parameters.ts';
import { tensorsOf, vectorOf } from './parameters.ts';

/** A spec's `clip`. */
export interface Clipping {
  /** The largest l2 norm of a gradient, of each tensor by itself or of all parameters together. */
  readonly norm?: number;
  readonly scope?: 'tensor' | 'all';
  /** The largest magnitude of a gradient's value. */
  readonly value?: number;
}

/** The gradient [parameters], first scaled down to `norm`, then cut off at `value` (as PyTorch's clip_grad_*_). */
export function clipGradient(
  gradient: Value,
  shapes: ParameterShapes,
  { norm, scope = 'tensor', value }: Clipping,
): Value {
  let clipped = gradient;
  if (norm !== undefined) {
    clipped =
      scope === 'all'
        ? withNorm(gradient, norm)
        : vectorOf(tensorsOf(gradient, shapes).map(tensor => withNorm(tensor, norm)));
  }
  return value === undefined ? clipped : atMost(atLeast(clipped, -value), value);
}

function withNorm(gradient: Value, norm: number): Value {
  const length = add(squareRoot(sum(square(gradient))), scalar(1e-6));
  return multiply(gradient, atMost(divide(scalar(norm), length), 1));
}
