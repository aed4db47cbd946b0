import {
  add,
  atMost,
  divide,
  exponential,
  multiply,
  negate,
  relu,
  scale,
  subtract,
} from '../../graph/elementwise.ts';
import { scalar, type Value } from '../../graph/value.ts';

/** A spec's `predictor.activation`. */
export type Activation = 'relu' | 'leaky-relu' | 'hardswish' | 'gelu' | 'relu6' | 'elu';

/** The predictor's activation, elementwise, with the constants that PyTorch's modules of these names have. */
export function activate(x: Value, activation: Activation): Value {
  switch (activation) {
    case 'relu':
      return relu(x);
    case 'leaky-relu':
      return subtract(relu(x), scale(relu(negate(x)), 0.01));
    case 'relu6':
      return atMost(relu(x), 6);
    case 'hardswish':
      return scale(multiply(x, atMost(relu(add(x, scalar(3))), 6)), 1 / 6);
    case 'elu':
      return add(relu(x), subtract(exponential(negate(relu(negate(x)))), scalar(1)));
    case 'gelu':
      return gelu(x);
  }
}

/** The error function's approximation 7.1.26 of Abramowitz & Stegun (1964), off by at most 1.5e-7. */
const erf = { p: 0.3275911, a: [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429] };

/** x Phi(x), as max(x, 0) - |x| (1 - Phi(|x|)). */
function gelu(x: Value): Value {
  const positive = relu(x);
  const size = add(positive, relu(negate(x)));
  const t = divide(scalar(1), add(scalar(1), scale(size, erf.p * Math.SQRT1_2)));
  const polynomial = erf.a.reduceRight((sum, a) => multiply(add(sum, scalar(a)), t), scalar(0));
  const tail = multiply(polynomial, exponential(scale(multiply(size, size), -1 / 2)));
  return subtract(positive, scale(multiply(size, tail), 1 / 2));
}
