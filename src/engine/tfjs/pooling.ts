import { overhang, type Windows } from '../../graph/pooling.ts';
import type { Value } from '../../graph/value.ts';
import type { Context } from './context.ts';
import type { Slot } from './emitter.ts';
import { channelsLast, type Form } from './layouts.ts';
import { padding as padded, slicing as sliced } from './slices.ts';

/*
 * Not every backend has windows that hang over an image's sides: an image gets margins, in which there is no maximum.
 */

const windowsOf = (of: Value) => of.operation as unknown as Windows;

/** Less than any value of an image. */
const lowest = -3.4e38;

const attributes = ({ size, stride }: Windows) => ({
  filterSize: [size, size],
  strides: [stride, stride],
  pad: 'valid',
});

export function lowerMaxPool(of: Value, context: Context): Form {
  return { slot: pooled(of.operands[0]!, of, windowsOf(of), context).output, last: true };
}

export function lowerMaxPoolGradient(of: Value, context: Context): Form {
  const [g, x] = of.operands as [Value, Value];
  const windows = windowsOf(of);
  const { input, output } = pooled(x, g, windows, context);
  const inputs = { dy: context.last(g), input, output };
  const slot = context.call('MaxPoolGrad', inputs, attributes(windows), input.shape);
  const { padding } = windows;
  return { slot: sliced(slot, [0, padding, padding, 0], channelsLast(of.shape), context), last: true };
}

/** The framed image, and its maxima, which have the shape of `of`. */
function pooled(x: Value, of: Value, windows: Windows, context: Context): { input: Slot; output: Slot } {
  const { padding } = windows;
  const [below, beyond] = overhang(x.shape, of.shape, windows);
  const [n, h, w, c] = channelsLast(x.shape) as [number, number, number, number];
  const frame = [n, h + padding + below, w + padding + beyond, c];
  const input = padded(context.last(x), [0, padding, padding, 0], frame, context, lowest);
  const output = context.call('MaxPool', { x: input }, attributes(windows), channelsLast(of.shape));
  return { input, output };
}
