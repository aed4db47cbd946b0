import { multiply, scale } from './elementwise.ts';
import type { GradientRules } from './gradient-rule.ts';
import { reshape } from './layout.ts';
import { sum } from './reduction.ts';
import { type Value, value } from './value.ts';

/**
 * The matrix product of the last two axes, either side transposed on demand; leading (batch) axes must be equal.
 * [..., m, k] x [..., k, n] -> [..., m, n]
 */
export function matmul(a: Value, b: Value, transposeA = false, transposeB = false): Value {
  const [m, k] = transposeA ? flipped(a.shape) : a.shape.slice(-2);
  const [k2, n] = transposeB ? flipped(b.shape) : b.shape.slice(-2);
  const lead = a.shape.slice(0, -2);
  if (k !== k2 || lead.join() !== b.shape.slice(0, -2).join()) {
    throw new Error(
      `Cannot multiply [${a.shape}]${transposeA ? "'" : ''} by [${b.shape}]${transposeB ? "'" : ''}`,
    );
  }
  return value({ kind: 'matmul', transposeA, transposeB }, [a, b], [...lead, m!, n!]);
}

/** x W' + b: x [rows, inputs], weight [outputs, inputs], bias [outputs] -> [rows, outputs]. */
export function linear(x: Value, weight: Value, bias: Value): Value {
  if (x.shape[1] !== weight.shape[1] || weight.shape[0] !== bias.shape[0]) {
    throw new Error(`Cannot apply weight [${weight.shape}] and bias [${bias.shape}] to [${x.shape}]`);
  }
  return value({ kind: 'linear' }, [x, weight, bias], [x.shape[0]!, weight.shape[0]!]);
}

/** The inner product of each row of two tensors: [n, ...] and [n, ...] -> [n]. */
export function innerProduct(a: Value, b: Value): Value {
  if (a.shape.join() !== b.shape.join()) throw new Error(`Expected rows of [${a.shape}], got [${b.shape}]`);
  return value({ kind: 'innerProduct' }, [a, b], [a.shape[0]!]);
}

const flipped = (shape: readonly number[]) => shape.slice(-2).reverse();

export const linearGradients = {
  matmul: (of, g, wanted) => {
    const [a, b] = of.operands as [Value, Value];
    const { transposeA, transposeB } = of.operation as { transposeA: boolean; transposeB: boolean };
    const da = () => (transposeA ? matmul(b, g, transposeB, true) : matmul(g, b, false, !transposeB));
    const db = () => (transposeB ? matmul(g, a, true, transposeA) : matmul(a, g, !transposeA, false));
    return [wanted[0] ? da() : undefined, wanted[1] ? db() : undefined];
  },
  linear: (of, g, wanted) => {
    const [x, weight] = of.operands as [Value, Value, Value];
    return [
      wanted[0] ? matmul(g, weight) : undefined,
      wanted[1] ? matmul(g, x, true, false) : undefined,
      wanted[2] ? sum(g, [0]) : undefined,
    ];
  },
  innerProduct: (of, g) => {
    const [a, b] = of.operands as [Value, Value];
    const perRow = reshape(
      g,
      a.shape.map((length, axis) => (axis === 0 ? length : 1)),
    );
    if (a === b) return [multiply(a, scale(perRow, 2)), undefined];
    return [multiply(b, perRow), multiply(a, perRow)];
  },
} satisfies Partial<GradientRules>;
