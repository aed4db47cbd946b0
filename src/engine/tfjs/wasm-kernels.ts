import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf } from '../../graph/tensor.ts';
import { largestRuns } from './slices.ts';

/*
 * Kernels that the WebAssembly backend lacks, or has in a form that takes many times what moving the data takes: it goes
 * through index vectors for each element, or copies a whole tensor to take a part of it. These work on its memory.
 */

type Operands = Record<string, TensorInfo>;

/** Memory as numbers to compute with, or as words to move: numbers that are no floats would not survive as such. */
type Numbers = Float32Array;
type Words = Int32Array;
type View<Data> = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => Data;

/** A kernel that fills memory it is given; operands by name, the attributes as in TensorFlow.js. */
const kernel = <Data, Attributes>(
  kernelName: string,
  View: View<Data>,
  plan: (
    operands: Operands,
    attributes: Attributes,
  ) => {
    readonly shape: readonly number[];
    readonly fill: (to: Data, from: (operand: string) => Data) => void;
  },
): KernelConfig => ({
  kernelName,
  backendName: 'wasm',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const wasm = backend as BackendWasm;
    const operands = inputs as Operands;
    const { shape, fill } = plan(operands, attrs as Attributes);
    const [first] = Object.values(operands) as [TensorInfo];
    // Memory may move when it grows: it is looked up after the output has its place. All types have 32 bits.
    const output = wasm.makeOutput([...shape], first.dtype);
    const view = (of: TensorInfo) => {
      const { buffer, byteOffset } = wasm.typedArrayFromHeap(of);
      return new View(buffer, byteOffset, sizeOf(of.shape));
    };
    fill(view(output), operand => view(operands[operand]!));
    return output;
  },
});

const copyRow = <Data extends Numbers | Words>(
  to: Data,
  at: number,
  from: Data,
  start: number,
  length: number,
) => {
  // Below this a loop is faster than a call.
  if (length > 64) to.set(from.subarray(start, start + length), at);
  else for (let i = 0; i < length; i++) to[at + i] = from[start + i]!;
};

/** Rows of `x` at `indices` along the first axis. */
const gather = kernel<Words, object>('GatherV2', Int32Array, ({ x, indices }) => {
  const row = x!.shape.slice(1);
  const length = sizeOf(row);
  return {
    shape: [...indices!.shape, ...row],
    fill(to, from) {
      const rows = from('x');
      const places = from('indices');
      for (let i = 0; i < places.length; i++) copyRow(to, i * length, rows, places[i]! * length, length);
    },
  };
});

const slice = kernel<Words, { begin: number[]; size: number[] }>(
  'Slice',
  Int32Array,
  ({ x }, { begin, size }) => {
    const runs = largestRuns(x!.shape, size, begin);
    const { part: length, start } = runs.pop() ?? { part: 1, start: 0 };
    const strides = runs.map(
      (_, axis) => sizeOf(x!.shape) / sizeOf(runs.slice(0, axis + 1).map(r => r.whole)),
    );
    return {
      shape: size,
      fill(to, from) {
        const all = from('x');
        let at = 0;
        const copy = (axis: number, offset: number) => {
          if (axis === runs.length) {
            copyRow(to, at, all, offset + start, length);
            at += length;
            return;
          }
          const { part, start: first } = runs[axis]!;
          for (let i = 0; i < part; i++) copy(axis + 1, offset + (first + i) * strides[axis]!);
        };
        copy(0, 0);
      },
    };
  },
);

/** Sums over neighbouring axes; axes that are apart are moved to the end first. */
const sum = kernel<Numbers, { axis: number[] }>('Sum', Float32Array, ({ x }, { axis }) => {
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
const innerProduct = kernel<Numbers, object>('InnerProduct', Float32Array, ({ a }) => {
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

const transpose = kernel<Words, { perm: number[] }>('Transpose', Int32Array, ({ x }, { perm }) => ({
  shape: perm.map(axis => x!.shape[axis]!),
  fill: (to, from) => transposed(to, from('x'), x!.shape, perm),
}));

/** Edge of the squares that a transposition goes through: both sides' rows of one stay in the cache. */
const edge = 32;

function transposed<Data extends Numbers | Words>(
  to: Data,
  from: Data,
  shape: readonly number[],
  perm: readonly number[],
): void {
  const last = shape.length - 1;
  const lengths = perm.map(axis => shape[axis]!);
  const sources = perm.map(axis => sizeOf(shape.slice(axis + 1)));
  const targets = lengths.map((_, place) => sizeOf(lengths.slice(place + 1)));
  // The axis that is innermost in the source stands at this place of the result.
  const inner = perm.indexOf(last);
  const outer = [...perm.keys()].filter(place => place !== last && place !== inner);
  const [width, across] = [lengths[last]!, sources[last]!];
  const [height, down] = [lengths[inner]!, targets[inner]!];
  const visit = (level: number, source: number, target: number): void => {
    if (level === outer.length) {
      if (inner === last) copyRow(to, target, from, source, width);
      else square(source, target);
      return;
    }
    const place = outer[level]!;
    const [length, there, here] = [lengths[place]!, sources[place]!, targets[place]!];
    for (let i = 0; i < length; i++) visit(level + 1, source + i * there, target + i * here);
  };
  const square = (source: number, target: number) => {
    for (let top = 0; top < height; top += edge) {
      const bottom = Math.min(top + edge, height);
      for (let left = 0; left < width; left += edge) {
        const right = Math.min(left + edge, width);
        for (let i = top; i < bottom; i++) {
          const row = target + i * down;
          for (let j = left; j < right; j++) to[row + j] = from[source + j * across + i]!;
        }
      }
    }
  };
  visit(0, 0, 0);
}

/** The backend's own finds no maximum that is zero or below. Windows that hang over no side; of equal maxima, the first. */
const maxPoolGradient = kernel<Numbers, { filterSize: [number, number]; strides: [number, number] }>(
  'MaxPoolGrad',
  Float32Array,
  ({ dy, input }, { filterSize: [size], strides: [stride] }) => {
    const [n, height, width, channels] = dy!.shape as [number, number, number, number];
    const [, h, w] = input!.shape as [number, number, number];
    return {
      shape: input!.shape,
      fill(to, from) {
        const [upstream, x] = [from('dy'), from('input')];
        to.fill(0);
        for (let window = 0; window < n * height * width; window++) {
          const row = Math.floor(window / width);
          const image = Math.floor(row / height);
          const corner = (image * h + (row % height) * stride) * w + (window % width) * stride;
          for (let c = 0; c < channels; c++) {
            let largest = corner * channels + c;
            for (let tap = 1; tap < size * size; tap++) {
              const at = (corner + Math.floor(tap / size) * w + (tap % size)) * channels + c;
              if (x[at]! > x[largest]!) largest = at;
            }
            to[largest]! += upstream[window * channels + c]!;
          }
        }
      },
    };
  },
);

export const wasmKernels: readonly KernelConfig[] = [
  gather,
  slice,
  sum,
  innerProduct,
  transpose,
  maxPoolGradient,
];
