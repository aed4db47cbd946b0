import type { ConvolutionGeometry } from '../../graph/convolution.ts';
import { sizeOf } from '../../graph/tensor.ts';
import type { Value } from '../../graph/value.ts';
import { activationOf, type Context } from './context.ts';
import type { Slot } from './emitter.ts';
import { channelsLast, type Form } from './layouts.ts';
import { padding as padded, slicing as sliced } from './slices.ts';

type Shape4 = readonly [number, number, number, number];

const shapeOf = (of: Value) => of.shape as unknown as Shape4;
const geometryOf = (of: Value) => of.operation as unknown as ConvolutionGeometry;

const permuted = (x: Slot, perm: readonly number[], { call }: Context) =>
  call(
    'Transpose',
    { x },
    { perm },
    perm.map(axis => x.shape[axis]!),
  );

/** Filters [f, c, k, k] as TensorFlow.js has them, [k, k, c, f]. */
const ordered = (filters: Value, context: Context) => permuted(context.plain(filters), [2, 3, 1, 0], context);

/** Before and after. */
type Margins = readonly [number, number];

/** The attributes that all kernels of convolutions have; `pad` on height and width, or alike on both. */
const attributes = (
  strides: number,
  pad: 'same' | 'valid' | Margins | readonly [Margins, Margins],
  dilations = 1,
) => ({
  strides: [strides, strides],
  dilations: [dilations, dilations],
  pad: typeof pad === 'string' ? pad : [[0, 0], ...(isMargins(pad) ? [pad, pad] : pad), [0, 0]],
  dataFormat: 'NHWC',
});

const isMargins = (pad: Margins | readonly [Margins, Margins]): pad is Margins => typeof pad[0] === 'number';

export function lowerConvolution(of: Value, context: Context): Form {
  const [x, filters, bias] = of.operands as [Value, Value, Value];
  const { stride, padding } = geometryOf(of);
  const inputs = { x: context.last(x), filter: ordered(filters, context), bias: context.plain(bias) };
  const fused = {
    ...attributes(stride, [padding, padding]),
    activation: activationOf(of, context),
    leakyreluAlpha: 0,
  };
  return { slot: context.call('FusedConv2D', inputs, fused, channelsLast(of.shape)), last: true };
}

/*
 * The gradients, where there are kernels for them. These know no explicit padding: a convolution that does not keep the
 * size is one without padding on an input with margins.
 */

const keepsSize = (k: number, { stride, padding }: ConvolutionGeometry) =>
  stride === 1 && k === 2 * padding + 1;

/** The shape of an image batch [n, h, w, c] with margins. */
const withMargins = ([n, h, w, c]: readonly number[], margin: number) => [
  n!,
  h! + 2 * margin,
  w! + 2 * margin,
  c!,
];

export function lowerInputGradient(of: Value, context: Context): Form {
  const [dy, filters] = of.operands as [Value, Value];
  const geometry = geometryOf(of);
  const [, , k] = shapeOf(filters);
  if (!context.strengths.has('input gradients')) return { slot: turnedConvolution(of, context), last: true };
  const same = keepsSize(k, geometry);
  const margin = same ? 0 : geometry.padding;
  const shape = channelsLast(of.shape);
  const inputShape = withMargins(shape, margin);
  const slot = context.call(
    'Conv2DBackpropInput',
    { dy: context.last(dy), filter: ordered(filters, context) },
    { ...attributes(geometry.stride, same ? 'same' : 'valid'), inputShape },
    inputShape,
  );
  return { slot: margin === 0 ? slot : sliced(slot, [0, margin, margin, 0], shape, context), last: true };
}

export function lowerFilterGradient(of: Value, context: Context): Slot {
  const [dy, x] = of.operands as [Value, Value];
  const geometry = geometryOf(of);
  const [f, c, k] = shapeOf(of);
  if (context.strengths.has('many products')) return productOfPatches(of, context);
  if (!context.strengths.has('filter gradients')) return exchangedConvolution(of, context);
  const same = keepsSize(k, geometry);
  const margin = same ? 0 : geometry.padding;
  const images = context.last(x);
  const wide = withMargins(images.shape, margin);
  const filterShape = [k, k, c, f];
  const gradient = context.call(
    'Conv2DBackpropFilter',
    {
      x: margin === 0 ? images : padded(images, [0, margin, margin, 0], wide, context),
      dy: context.last(dy),
    },
    { ...attributes(geometry.stride, same ? 'same' : 'valid'), filterShape },
    filterShape,
  );
  return permuted(gradient, [3, 2, 0, 1], context);
}

/*
 * The gradients as convolutions, for backends without kernels for them.
 */

/**
 * dX: dY, spread out by the stride with zeros between, convolved with the filters turned by 180 degrees, their two
 * channel axes exchanged.
 */
function turnedConvolution(of: Value, context: Context): Slot {
  const [dy, filters] = of.operands as [Value, Value];
  const { stride, padding } = geometryOf(of);
  const [, , k] = shapeOf(filters);
  const before = k - 1 - padding;
  let spread = spreadOut(context.last(dy), stride, context);
  const [n, ...lengths] = spread.shape as Shape4;
  const after = [2, 3].map((axis, i) => of.shape[axis]! - lengths[i]! - before + k - 1);
  // What is spread out beyond the end is cut off.
  const kept = after.map((by, i) => lengths[i]! + Math.min(0, by));
  spread = sliced(spread, [0, 0, 0, 0], [n, ...kept, lengths[2]!], context);
  const [below, beyond] = after.map(by => [before, Math.max(0, by)] as const) as [Margins, Margins];
  const filter = turned(permuted(context.plain(filters), [2, 3, 0, 1], context), context);
  return context.call(
    'Conv2D',
    { x: spread, filter },
    attributes(1, [below, beyond]),
    channelsLast(of.shape),
  );
}

/** Filters [k, k, ...] with their taps in reverse order. */
function turned(filters: Slot, { call, constant }: Context): Slot {
  const taps = filters.shape[0]! ** 2;
  const rows = [taps, sizeOf(filters.shape) / taps];
  const x = call('Reshape', { x: filters }, { shape: rows }, rows);
  const indices = constant(
    Int32Array.from({ length: taps }, (_, tap) => taps - 1 - tap),
    [taps],
  );
  const reversed = call('GatherV2', { x, indices }, { axis: 0, batchDims: 0 }, rows);
  return call('Reshape', { x: reversed }, { shape: filters.shape }, filters.shape);
}

/** [n, h, w, c] with stride - 1 rows and columns of zeros after each: [n, h s, w s, c]. */
function spreadOut(x: Slot, stride: number, context: Context): Slot {
  if (stride === 1) return x;
  const [n, h, w, c] = x.shape as Shape4;
  const reshaped = (x: Slot, shape: number[]) => context.call('Reshape', { x }, { shape }, shape);
  const apart = reshaped(x, [n, h, 1, w, 1, c]);
  return reshaped(padded(apart, [0, 0, 0, 0, 0, 0], [n, h, stride, w, stride, c], context), [
    n,
    h * stride,
    w * stride,
    c,
  ]);
}

/**
 * dW: X, its images as channels and its channels as images, convolved with dY as filters, which a stride sets apart:
 * dW[f, c, i, j] = sum over n, y, x of X[n, c, s y + i - p, s x + j - p] dY[n, f, y, x].
 */
function exchangedConvolution(of: Value, context: Context): Slot {
  const [dy, x] = of.operands as [Value, Value];
  const { stride, padding } = geometryOf(of);
  const [f, c, k] = shapeOf(of);
  const images = permuted(context.last(x), [3, 1, 2, 0], context);
  const filter = permuted(context.last(dy), [1, 2, 0, 3], context);
  // Where the stride does not come out even, positions remain that no filter tap belongs to.
  const lengths = [0, 1].map(i => images.shape[i + 1]! + 2 * padding - (filter.shape[i]! - 1) * stride);
  const all = context.call('Conv2D', { x: images, filter }, attributes(1, [padding, padding], stride), [
    c,
    ...lengths,
    f,
  ]);
  const taps = sliced(all, [0, 0, 0, 0], [c, k, k, f], context);
  return permuted(taps, [3, 0, 1, 2], context);
}

/**
 * dW: the product of what each filter tap sees of X, and dY, for each image; then the sum over images. A GPU has work for
 * all of its processors in it, and adds up in the same order each time.
 */
function productOfPatches(of: Value, context: Context): Slot {
  const [dy, x] = of.operands as [Value, Value];
  const { stride, padding } = geometryOf(of);
  const [f, c, k] = shapeOf(of);
  const upstream = context.last(dy);
  const [n, h, w] = upstream.shape as Shape4;
  const images = context.last(x);
  const [, height, width] = images.shape as Shape4;
  // As many rows and columns as whole strides take.
  const framed = (length: number, steps: number) => Math.max(length + 2 * padding, k - 1 + steps * stride);
  const frame = [n, framed(height, h), framed(width, w), c];
  const wide = padded(images, [0, padding, padding, 0], frame, context);
  const reshaped = (x: Slot, shape: number[]) => context.call('Reshape', { x }, { shape }, shape);
  const seen = Array.from({ length: k * k }, (_, tap) => {
    const start = [0, Math.floor(tap / k), tap % k, 0];
    const from = sliced(wide, start, [n, h * stride, w * stride, c], context);
    if (stride === 1) return from;
    const apart = reshaped(from, [n, h, stride, w, stride, c]);
    const first = sliced(apart, [0, 0, 0, 0, 0, 0], [n, h, 1, w, 1, c], context);
    return reshaped(first, [n, h, w, c]);
  });
  const depth = k * k * c;
  const patches = seen.length === 1 ? seen[0]! : context.call('Concat', seen, { axis: 3 }, [n, h, w, depth]);
  const factors = { a: reshaped(patches, [n, h * w, depth]), b: reshaped(upstream, [n, h * w, f]) };
  const products = context.call('BatchMatMul', factors, { transposeA: true, transposeB: false }, [
    n,
    depth,
    f,
  ]);
  const total = context.call('Sum', { x: products }, { axis: [0], keepDims: false }, [depth, f]);
  return permuted(reshaped(total, [k, k, c, f]), [3, 2, 0, 1], context);
}
