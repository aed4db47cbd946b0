import type { Context } from './context.ts';
import type { Slot } from './emitter.ts';

/** A run of axes of a tensor that can be treated as one, and the part of it that a block takes. */
interface Run {
  readonly whole: number;
  readonly part: number;
  readonly start: number;
}

/**
 * The fewest axes in which a block of `part` at `starts` in a tensor of `whole` is still a block: an axis that the block
 * has whole is one with the axis before it. Kernels are fast, or exist at all, for few axes.
 */
export function largestRuns(
  whole: readonly number[],
  part: readonly number[],
  starts: readonly number[],
): Run[] {
  const found: Run[] = [];
  whole.forEach((length, axis) => {
    const before = found.at(-1);
    if (before && part[axis] === length) {
      const { whole, part, start } = before;
      found[found.length - 1] = { whole: whole * length, part: part * length, start: start * length };
    } else {
      found.push({ whole: length, part: part[axis]!, start: starts[axis]! });
    }
  });
  return found;
}

const reshaped = (x: Slot, shape: readonly number[], { call }: Context) =>
  x.shape.join() === shape.join() ? x : call('Reshape', { x }, { shape }, shape);

/** The block of `shape` at `starts` in `x`. */
export function slicing(
  x: Slot,
  starts: readonly number[],
  shape: readonly number[],
  context: Context,
): Slot {
  if (x.shape.join() === shape.join()) return x;
  const parts = largestRuns(x.shape, shape, starts);
  const size = parts.map(({ part }) => part);
  const whole = parts.map(({ whole }) => whole);
  const begin = parts.map(({ start }) => start);
  const block = context.call('Slice', { x: reshaped(x, whole, context) }, { begin, size }, size);
  return reshaped(block, shape, context);
}

/** `x` as a block at `before` in zeros, or another number, of `shape`. */
export function padding(
  x: Slot,
  before: readonly number[],
  shape: readonly number[],
  context: Context,
  constantValue = 0,
): Slot {
  if (x.shape.join() === shape.join()) return x;
  const parts = largestRuns(shape, x.shape, before);
  const paddings = parts.map(({ whole, part, start }) => [start, whole - part - start]);
  const block = reshaped(
    x,
    parts.map(({ part }) => part),
    context,
  );
  const whole = parts.map(({ whole }) => whole);
  return reshaped(context.call('PadV2', { x: block }, { paddings, constantValue }, whole), shape, context);
}
