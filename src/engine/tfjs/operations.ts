import { sizeOf } from '../../graph/tensor.ts';
import type { OperationKind, Value } from '../../graph/value.ts';
import { type Context, type Lowering, operationOf } from './context.ts';
import { lowerConvolution, lowerFilterGradient, lowerInputGradient } from './convolution.ts';
import type { Slot } from './emitter.ts';
import { channelsLast, staysLast } from './layouts.ts';
import { lowerAffine, lowerChannelProduct } from './normalisation.ts';
import { lowerMaxPool, lowerMaxPoolGradient } from './pooling.ts';
import { lowerLinear, lowerMatmul } from './products.ts';
import { padding, slicing } from './slices.ts';

/** Operations that make up a program's structure rather than compute something. */
type Structural = 'input' | 'constant' | 'sumOverSlices' | 'sequenceSlice';

/** An operation on each element by itself, given its operands and the result's shape in one order of axes. */
const elementwise =
  (
    emitted: (operands: readonly Slot[], shape: readonly number[], context: Context, of: Value) => Slot,
  ): Lowering =>
  (of, context) => {
    if (!staysLast(of, context)) return emitted(of.operands.map(context.plain), of.shape, context, of);
    const operands = of.operands.map(operand =>
      operand.shape.length === 0 ? context.plain(operand) : context.last(operand),
    );
    return { slot: emitted(operands, channelsLast(of.shape), context, of), last: true };
  };

const binary = (kernel: string) =>
  elementwise(([a, b], shape, { call }) => call(kernel, { a: a!, b: b! }, {}, shape));
const unary = (kernel: string) => elementwise(([x], shape, { call }) => call(kernel, { x: x! }, {}, shape));

const scalar = (number: number, { constant }: Context) => constant(Float32Array.of(number), []);

/** An operation on tensors as they are in the program. */
const plainly =
  (emitted: (of: Value, operands: readonly Slot[], context: Context) => Slot): Lowering =>
  (of, context) =>
    emitted(of, of.operands.map(context.plain), context);

/** How each operation that stands for itself is computed; inputs, constants and sums over slices are `lower`'s own. */
export const lowerings: Record<Exclude<OperationKind, Structural>, Lowering> = {
  add: binary('Add'),
  subtract: binary('Sub'),
  multiply: binary('Multiply'),
  divide: binary('RealDiv'),
  negate: unary('Neg'),
  exponential: unary('Exp'),
  logarithm: unary('Log'),
  squareRoot: unary('Sqrt'),
  relu: (of, context) => {
    const [x] = of.operands as [Value];
    return context.rectified.has(x) ? context.form(x) : unary('Relu')(of, context);
  },
  reluGradient: elementwise(([dy, x], shape, { call, strengths }) => {
    if (strengths.has('ReLU gradients')) return call('ReluGradient', { dy: dy!, x: x! }, {}, shape);
    return call('Multiply', { a: dy!, b: call('Step', { x: x! }, { alpha: 0 }, shape) }, {}, shape);
  }),
  atLeast: elementwise(([x], shape, context, of) =>
    context.call('Maximum', { a: x!, b: scalar(operationOf(of, 'atLeast').bound, context) }, {}, shape),
  ),
  computedAs: (of, { form }) => form(of.operands[1]!),
  innerProduct: lowerInnerProduct,
  convolution: lowerConvolution,
  convolutionInputGradient: lowerInputGradient,
  convolutionFilterGradient: lowerFilterGradient,
  maxPool: lowerMaxPool,
  maxPoolGradient: lowerMaxPoolGradient,
  affine: lowerAffine,
  batchNorm: lowerAffine,
  channelProduct: lowerChannelProduct,
  sum: lowerSum,
  softmax: plainly(lowerSoftmax),
  logSoftmax: plainly(lowerLogSoftmax),
  linear: plainly(lowerLinear),
  matmul: plainly(lowerMatmul),
  gatherRows: plainly((of, [x, indices], { call }) =>
    call('GatherV2', { x: x!, indices: indices! }, { axis: 0, batchDims: 0 }, of.shape),
  ),
  scatterAddRows: plainly((of, [updates, indices], { call }) => {
    const places = call('Reshape', { x: indices! }, { shape: [indices!.shape[0]!, 1] }, [
      indices!.shape[0]!,
      1,
    ]);
    return call('ScatterNd', { indices: places, updates: updates! }, { shape: of.shape }, of.shape);
  }),
  reshape: lowerReshape,
  transpose: plainly((of, [x], { call }) =>
    call('Transpose', { x: x! }, { perm: operationOf(of, 'transpose').permutation }, of.shape),
  ),
  slice: ofBlock('starts', slicing),
  pad: ofBlock('before', padding),
  concatenate: plainly((of, operands, { call }) =>
    call('Concat', operands, { axis: operationOf(of, 'concatenate').axis }, of.shape),
  ),
};

/** The order of summation does not matter as long as both operands have the same one. */
function lowerInnerProduct(of: Value, context: Context): Slot {
  const { call, form, plain, last, strengths } = context;
  const order = of.operands.some(operand => form(operand).last) ? last : plain;
  const rows = of.shape[0]!;
  const [a, b] = of.operands.map(order) as [Slot, Slot];
  if (strengths.has('inner products')) return call('InnerProduct', { a, b }, {}, of.shape);
  const product = call('Multiply', { a, b }, {}, a.shape);
  const shape = [rows, sizeOf(a.shape) / rows];
  const matrix = call('Reshape', { x: product }, { shape }, shape);
  return call('Sum', { x: matrix }, { axis: [1], keepDims: false }, of.shape);
}

/** With the channels last, axes may be summed when those that are left keep their order. */
function lowerSum(of: Value, { call, form, plain }: Context): Slot {
  const [x] = of.operands as [Value];
  const { axes } = operationOf(of, 'sum');
  const { slot, last } = form(x);
  const left = (order: readonly number[]) => order.filter(axis => !axes.includes(axis)).join();
  const order = x.shape.map((_, axis) => axis);
  if (last && left(order) === left(channelsLast(order))) {
    const axis = channelsLast(order).flatMap((of, place) => (axes.includes(of) ? [place] : []));
    return call('Sum', { x: slot }, { axis, keepDims: false }, of.shape);
  }
  return call('Sum', { x: plain(x) }, { axis: axes, keepDims: false }, of.shape);
}

/**
 * By the logarithms: TensorFlow's own gives 1 - 1e-7 where one class has it all, and what the gradient makes of the
 * missing part grows with the network that it passes.
 */
function lowerSoftmax(of: Value, operands: readonly Slot[], context: Context): Slot {
  return context.call('Exp', { x: lowerLogSoftmax(of, operands, context) }, {}, of.shape);
}

/** x - max - log sum exp(x - max): not every backend has a kernel for it. */
function lowerLogSoftmax(of: Value, [x]: readonly Slot[], { call }: Context): Slot {
  const axis = [of.shape.length - 1];
  const row = of.shape.with(-1, 1);
  const kept = (kernel: string, attributes: { reductionIndices: number[] } | { axis: number[] }, x: Slot) => {
    const reduced = call(kernel, { x }, { ...attributes, keepDims: false }, of.shape.slice(0, -1));
    return call('Reshape', { x: reduced }, { shape: row }, row);
  };
  const shifted = call('Sub', { a: x!, b: kept('Max', { reductionIndices: axis }, x!) }, {}, of.shape);
  const total = kept('Sum', { axis }, call('Exp', { x: shifted }, {}, of.shape));
  return call('Sub', { a: shifted, b: call('Log', { x: total }, {}, row) }, {}, of.shape);
}

/** What leaves the first two axes alone can be done with the channels last. */
const keepsRows = ([x]: readonly Value[], of: Value) =>
  x!.shape.length > 2 && of.shape.length > 2 && x!.shape.slice(0, 2).join() === of.shape.slice(0, 2).join();

function lowerReshape(of: Value, { call, form, plain }: Context) {
  const [x] = of.operands as [Value];
  const { slot, last } = form(x);
  if (last && keepsRows(of.operands, of)) {
    const shape = channelsLast(of.shape);
    return { slot: call('Reshape', { x: slot }, { shape }, shape), last };
  }
  return call('Reshape', { x: plain(x) }, { shape: of.shape }, of.shape);
}

/** A block taken out of a tensor or put into one, in the layout that the tensor is in. */
function ofBlock(
  key: 'starts' | 'before',
  emitted: (x: Slot, at: readonly number[], shape: readonly number[], context: Context) => Slot,
): Lowering {
  return (of, context) => {
    const at = (of.operation as unknown as Record<typeof key, readonly number[]>)[key];
    const { slot, last } = context.form(of.operands[0]!);
    if (!last) return emitted(slot, at, of.shape, context);
    return { slot: emitted(slot, channelsLast(at), channelsLast(of.shape), context), last };
  };
}
