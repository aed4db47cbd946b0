import { multiply } from './elementwise.ts';
import type { GradientRules } from './gradient-rule.ts';
import { sizeOf } from './tensor.ts';
import { constant, type Value, value } from './value.ts';

/** The same values in the same order under another `shape`. */
export function reshape(x: Value, shape: readonly number[]): Value {
  if (sizeOf(shape) !== sizeOf(x.shape)) throw new Error(`Cannot reshape [${x.shape}] to [${shape}]`);
  return x.shape.join() === shape.join() ? x : value({ kind: 'reshape' }, [x], shape, x.type);
}

/** Axes in another order: axis i of the result is axis `permutation[i]` of `x`. */
export function transpose(x: Value, permutation: readonly number[]): Value {
  return value(
    { kind: 'transpose', permutation },
    [x],
    permutation.map(axis => x.shape[axis]!),
  );
}

/** The block of `shape` that begins at `starts`. */
export function slice(x: Value, starts: readonly number[], shape: readonly number[]): Value {
  const fits = x.shape.every((length, axis) => starts[axis]! >= 0 && starts[axis]! + shape[axis]! <= length);
  if (!fits) throw new Error(`Cannot slice [${shape}] at [${starts}] out of [${x.shape}]`);
  return x.shape.join() === shape.join() ? x : value({ kind: 'slice', starts }, [x], shape);
}

/** `x` as a block at `before` inside zeros of `shape`. */
export function pad(x: Value, before: readonly number[], shape: readonly number[]): Value {
  return x.shape.join() === shape.join() ? x : value({ kind: 'pad', before }, [x], shape);
}

/** Parts of equal shape but for `axis`, one behind the other along it. */
export function concatenate(parts: readonly Value[], axis: number): Value {
  const [first] = parts as [Value];
  if (parts.length === 1) return first;
  const length = parts.reduce((total, part) => total + part.shape[axis]!, 0);
  return value({ kind: 'concatenate', axis }, parts, first.shape.with(axis, length));
}

/** `x` repeated along its axes of length 1 until it has `shape`. */
export function expand(x: Value, shape: readonly number[]): Value {
  if (x.shape.join() === shape.join()) return x;
  return multiply(x, constant(new Float32Array(sizeOf(shape)).fill(1), shape));
}

/** Rows of `table` [rows, ...] at `indices` [n] (int32): [n, ...]. */
export function gatherRows(table: Value, indices: Value): Value {
  return value(
    { kind: 'gatherRows' },
    [table, indices],
    [indices.shape[0]!, ...table.shape.slice(1)],
    table.type,
  );
}

/** Zeros [count, ...] with `rows` [n, ...] added at `indices` [n]; a repeated index adds repeatedly. */
export function scatterAddRows(rows: Value, indices: Value, count: number): Value {
  return value({ kind: 'scatterAddRows' }, [rows, indices], [count, ...rows.shape.slice(1)]);
}

export const layoutGradients = {
  reshape: (of, g) => [reshape(g, of.operands[0]!.shape)],
  transpose: (of, g) => {
    const { permutation } = of.operation as { permutation: readonly number[] };
    return [
      transpose(
        g,
        permutation.map((_, axis) => permutation.indexOf(axis)),
      ),
    ];
  },
  slice: (of, g) => {
    const { starts } = of.operation as { starts: readonly number[] };
    return [pad(g, starts, of.operands[0]!.shape)];
  },
  pad: (of, g) => {
    const { before } = of.operation as { before: readonly number[] };
    return [slice(g, before, of.operands[0]!.shape)];
  },
  concatenate: (of, g) => {
    const { axis } = of.operation as { axis: number };
    let start = 0;
    return of.operands.map(part => {
      const starts = g.shape.map((_, i) => (i === axis ? start : 0));
      start += part.shape[axis]!;
      return slice(g, starts, part.shape);
    });
  },
  gatherRows: (of, g) => {
    const [table, indices] = of.operands as [Value, Value];
    return [scatterAddRows(g, indices, table.shape[0]!), undefined];
  },
  scatterAddRows: (of, g) => [gatherRows(g, of.operands[1]!), undefined],
} satisfies Partial<GradientRules>;
