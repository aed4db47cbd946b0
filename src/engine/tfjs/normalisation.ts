import type { Value } from '../../graph/value.ts';
import type { Context } from './context.ts';
import type { Slot } from './emitter.ts';
import type { Form } from './layouts.ts';

/** With the channels last, one value for each channel broadcasts by itself. x * factor + offset + added. */
export function lowerAffine(of: Value, { call, last, plain }: Context): Form {
  const [x, factor, offset] = of.operands as [Value, Value, Value];
  const image = last(x);
  const scaled = call('Multiply', { a: image, b: plain(factor) }, {}, image.shape);
  const moved = call('Add', { a: scaled, b: plain(offset) }, {}, image.shape);
  const added = of.operation.kind === 'affine' ? of.operands[3] : undefined;
  const slot = added ? call('Add', { a: moved, b: last(added) }, {}, image.shape) : moved;
  return { slot, last: true };
}

/** The sum over all axes but that of the channels of the product of two feature maps. */
export function lowerChannelProduct(of: Value, { call, last }: Context): Slot {
  const [a, b] = of.operands.map(last) as [Slot, Slot];
  const product = call('Multiply', { a, b }, {}, a.shape);
  return call('Sum', { x: product }, { axis: [0, 1, 2], keepDims: false }, of.shape);
}
