import { sizeOf } from '../../graph/tensor.ts';
import { largestRuns } from './slices.ts';
import { copyRow, kernel, type Numbers, type Words } from './wasm-kernel.ts';

/** Rows of `x` at `indices` along the first axis. */
export const gather = kernel<Words, object>('GatherV2', Int32Array, ({ x, indices }) => {
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

export const slice = kernel<Words, { begin: number[]; size: number[] }>(
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

export const transpose = kernel<Words, { perm: number[] }>('Transpose', Int32Array, ({ x }, { perm }) => ({
  shape: perm.map(axis => x!.shape[axis]!),
  fill: (to, from) => transposed(to, from('x'), x!.shape, perm),
}));

/** Edge of the squares that a transposition goes through: both sides' rows of one stay in the cache. */
const edge = 32;

/** Fills `to` with `from`, whose axes have the lengths of `shape`, in the order of `perm`. */
export function transposed<Data extends Numbers | Words>(
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
