import { sizeOf } from '../../graph/tensor.ts';
import { kernel, type Numbers } from './wasm-kernel.ts';
import { transposed } from './wasm-moves.ts';

/** Sums over neighbouring axes; axes that are apart are moved to the end first. */
export const sum = kernel<Numbers, { axis: number[] }>('Sum', Float32Array, ({ x }, { axis }) => {
  const lengths = (axes: readonly number[]) => axes.map(i => x!.shape[i]!);
  const kept = [...x!.shape.keys()].filter(i => !axis.includes(i));
  const first = Math.min(...axis);
  const together = Math.max(...axis) - first === axis.length - 1;
  const length = sizeOf(lengths(axis));
  const width = together ? sizeOf(lengths(kept.filter(i => i > first))) : 1;
  return {
    shape: lengths(kept),
    fill(to, from) {
      let values = from('x');
      if (!together) {
        values = new Float32Array(values.length);
        transposed(values, from('x'), x!.shape, [...kept, ...axis]);
      }
      if (width === 1) for (let i = 0; i < to.length; i++) to[i] = rowSum(values, i * length, length);
      else for (let i = 0; i < to.length; i += width) sumRows(to, values, i, width, length);
    },
  };
});

/** Four sums side by side: one would wait for itself. */
function rowSum(values: Numbers, start: number, length: number): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const end = start + length - (length % 4);
  for (let i = start; i < end; i += 4) {
    a += values[i]!;
    b += values[i + 1]!;
    c += values[i + 2]!;
    d += values[i + 3]!;
  }
  for (let i = end; i < start + length; i++) a += values[i]!;
  return a + b + (c + d);
}

/** The sum of the `count` rows of `width` that become the results from `at` on. */
function sumRows(to: Numbers, values: Numbers, at: number, width: number, count: number): void {
  const totals = new Float64Array(width);
  for (let row = 0; row < count; row++) {
    const start = at * count + row * width;
    for (let i = 0; i < width; i++) totals[i]! += values[start + i]!;
  }
  to.set(totals, at);
}

/** The inner product of each row of `a` and `b`. */
export const innerProduct = kernel<Numbers, object>('InnerProduct', Float32Array, ({ a }) => {
  const [rows] = a!.shape as [number];
  const length = sizeOf(a!.shape) / rows;
  return {
    shape: [rows],
    fill(to, from) {
      const [x, y] = [from('a'), from('b')];
      for (let row = 0; row < rows; row++) to[row] = rowProduct(x, y, row * length, length);
    },
  };
});

function rowProduct(x: Numbers, y: Numbers, start: number, length: number): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const end = start + length - (length % 4);
  for (let i = start; i < end; i += 4) {
    a += x[i]! * y[i]!;
    b += x[i + 1]! * y[i + 1]!;
    c += x[i + 2]! * y[i + 2]!;
    d += x[i + 3]! * y[i + 3]!;
  }
  for (let i = end; i < start + length; i++) a += x[i]! * y[i]!;
  return a + b + (c + d);
}
