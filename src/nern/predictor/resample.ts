import { add, multiply, relu, subtract } from '../../graph/elementwise.ts';
import { concatenate, gatherRows, slice } from '../../graph/layout.ts';
import { matmul } from '../../graph/linear.ts';
import { constant, type Value } from '../../graph/value.ts';
import type { TargetKernels } from '../target-kernels.ts';

/** A spec's `predictor.resample`: how a kernel smaller than the predicted ones comes out of a predicted one. */
export type Resampling = 'centre' | 'average' | 'max';

/**
 * Predicted kernels [n, k * k] as they are used: where the target's kernel is smaller, the mean or the maximum over
 * windows stands in the centre of the row; `centre` leaves all as it is, for only the centre is read. `sample` [n] says
 * which kernels the rows are; absent: all of them.
 */
export function resample(kernels: Value, form: Resampling, target: TargetKernels, sample?: Value): Value {
  const width = Math.sqrt(target.rows.shape[1]!);
  const own = target.layers.map(layer => Math.sqrt(layer.parameters / layer.kernels));
  const smaller = [...new Set(own)].filter(size => size < width);
  if (form === 'centre') return kernels;
  return smaller.reduce((result, size) => {
    const isSmaller = target.layers.flatMap((layer, l) =>
      Array<number>(layer.kernels).fill(own[l] === size ? 1 : 0),
    );
    const column = constant(Float32Array.from(isSmaller), [isSmaller.length, 1]);
    const chosen = sample ? gatherRows(column, sample) : column;
    const pooled = form === 'average' ? averages(kernels, width, size) : maxima(kernels, width, size);
    return add(result, multiply(chosen, subtract(pooled, kernels)));
  }, kernels);
}

/** Where each of the size x size results stands in the row, and the places that its window covers. */
function windows(width: number, size: number): { place: number; covered: number[] }[] {
  const span = width - size + 1;
  const margin = (width - size) / 2;
  const square = (n: number) => Array.from({ length: n * n }, (_, i) => [Math.floor(i / n), i % n] as const);
  return square(size).map(([y, x]) => ({
    place: (margin + y) * width + margin + x,
    covered: square(span).map(([dy, dx]) => (y + dy) * width + x + dx),
  }));
}

function averages(kernels: Value, width: number, size: number): Value {
  const matrix = new Float32Array(width ** 4);
  for (const { place, covered } of windows(width, size)) {
    for (const from of covered) matrix[from * width * width + place] = 1 / covered.length;
  }
  return matmul(kernels, constant(matrix, [width * width, width * width]));
}

function maxima(kernels: Value, width: number, size: number): Value {
  const rows = kernels.shape[0]!;
  const column = (place: number) => slice(kernels, [0, place], [rows, 1]);
  const larger = (a: Value, b: Value) => add(a, relu(subtract(b, a)));
  const zeros = constant(new Float32Array(rows), [rows, 1]);
  const columns = Array.from({ length: width * width }, () => zeros);
  for (const { place, covered } of windows(width, size)) columns[place] = covered.map(column).reduce(larger);
  return concatenate(columns, 1);
}
