import type { ConvolutionGeometry } from '../../graph/convolution.ts';
import type { Value } from '../../graph/value.ts';
import type { Names } from './blocks.ts';
import { hasBlocks } from './blocks.ts';
import type { Context } from './context.ts';

export type Shape4 = readonly [number, number, number, number];

/** The shape of a value that is known to have four axes. */
export const shapeOf = (of: Value) => of.shape as unknown as Shape4;
/** Stride and padding of a convolution or of one of its gradients. */
export const geometryOf = (of: Value) => of.operation as unknown as ConvolutionGeometry;

/**
 * Whether a value is a convolution done on blocks: its result has them, and its input has them too or too few channels
 * for even one.
 */
export function convolvesBlocks(of: Value, block: number): boolean {
  if (of.operation.kind !== 'convolution' || !hasBlocks(of.shape, block)) return false;
  const [x] = of.operands as [Value];
  return hasBlocks(x.shape, block) || x.shape[1]! < block;
}

export function lowerConvolution(of: Value, context: Context): string | Names {
  const { emit, plain, block } = context;
  if (convolvesBlocks(of, block)) return lowerBlockedConvolution(of, context);
  const { stride, padding } = geometryOf(of);
  return emit('Conv', of.operands.map(plain), attributes(stride, padding));
}

export function lowerBlockedConvolution(
  of: Value,
  context: Context,
  sum?: Value,
  activation: { readonly activation?: string } = {},
): Names {
  const { emit, plain, blocked, block } = context;
  const [x, filters, bias] = of.operands as [Value, Value, Value];
  const { stride, padding } = geometryOf(of);
  const input = hasBlocks(x.shape, block) ? blocked(x) : plain(x);
  const ordered = blockedFilters(plain(filters), shapeOf(filters), context);
  return {
    blocked: emit('nchwc:Conv', [input, ordered, plain(bias), ...(sum ? [blocked(sum)] : [])], {
      kernel_shape: filters.shape.slice(2),
      ...attributes(stride, padding),
      ...activation,
    }),
  };
}

const attributes = (stride: number, padding: number) => ({
  strides: [stride, stride],
  pads: Array<number>(4).fill(padding),
});

/**
 * dX of a convolution. With stride 1 it is the convolution of dY with the filters turned by 180 degrees and their two
 * channel axes exchanged; with a larger stride, the transposed convolution.
 */
export function lowerInputGradient(of: Value, context: Context): string | Names {
  const { emit, plain, blocked, block } = context;
  const [dy, filters] = of.operands as [Value, Value];
  const { stride, padding } = geometryOf(of);
  const [f, c, k] = shapeOf(filters);
  if (stride === 1) {
    const turned = turnedFilters(plain(filters), shapeOf(filters), context);
    const around = attributes(1, k - 1 - padding);
    if (!hasBlocks(of.shape, block) || !hasBlocks(dy.shape, block))
      return emit('Conv', [plain(dy), turned], around);
    const name = blockedFilters(turned, [c, f, k, k], context);
    return { blocked: emit('nchwc:Conv', [blocked(dy), name], { kernel_shape: [k, k], ...around }) };
  }
  const missing = [2, 3].map(side => of.shape[side]! - ((dy.shape[side]! - 1) * stride + k - 2 * padding));
  return emit('ConvTranspose', [plain(dy), plain(filters)], {
    ...attributes(stride, padding),
    output_padding: missing,
  });
}

/** [f, c, k, k] to [c, f, k, k], each kernel turned by 180 degrees. */
function turnedFilters(name: string, [f, c, k]: Shape4, { emit, integers, tensor }: Context): string {
  const taps = emit('Reshape', [name, integers(f, c, k * k)]);
  const reversed = Int32Array.from({ length: k * k }, (_, i) => k * k - 1 - i);
  const turned = k === 1 ? taps : emit('Gather', [taps, tensor(reversed, [k * k])], { axis: 2 });
  return emit('Reshape', [emit('Transpose', [turned], { perm: [1, 0, 2] }), integers(c, f, k, k)]);
}

/**
 * Filters in the order that blocked convolutions read: [f / b, c / b, k, k, b of c, b of f], or, for an input of less
 * than a block of channels, [f / b, c, k, k, b of f].
 */
function blockedFilters(name: string, [f, c, k]: Shape4, { emit, integers, block }: Context): string {
  const few = c < block;
  const split = few ? [f / block, block, c, k, k] : [f / block, block, c / block, block, k, k];
  const perm = few ? [0, 2, 3, 4, 1] : [0, 2, 4, 5, 3, 1];
  const ordered = emit('Transpose', [emit('Reshape', [name, integers(...split)])], { perm });
  return emit('Reshape', [ordered, integers(f, c, k, k)]);
}
