import { sizeOf } from '../../graph/tensor.ts';
import type { OperationKind, Value } from '../../graph/value.ts';
import { elementTypes } from '../../onnx-schema.ts';
import { hasBlocks, hasShapeOf, staysBlocked } from './blocks.ts';
import { type Context, type Lowering, operationOf } from './context.ts';
import { lowerConvolution, lowerInputGradient } from './convolution.ts';
import { lowerFilterGradient } from './filter-gradient.ts';
import { lowerFilterGradientOnGpu } from './filter-gradient-gpu.ts';
import { join } from './join.ts';
import { lowerAffine, lowerChannelProduct, sumOfChannels } from './normalisation.ts';
import { lowerMaxPool, lowerMaxPoolGradient } from './pooling.ts';
import { emitProduct } from './product.ts';

/** Operations that make up a program's structure rather than compute something. */
type Structural = 'input' | 'constant' | 'sumOverSlices' | 'sequenceSlice';

/** An operation on each element by itself, given the operands' names. */
const elementwise =
  (emitted: (operands: readonly string[], of: Value, context: Context) => string): Lowering =>
  (of, context) => {
    if (!staysBlocked(of, context)) return emitted(of.operands.map(context.plain), of, context);
    const operands = of.operands.map(operand =>
      hasShapeOf(of, operand) ? context.blocked(operand) : context.plain(operand),
    );
    return { blocked: emitted(operands, of, context) };
  };

const map = (opType: string) => elementwise((operands, _of, { emit }) => emit(opType, operands));

/** An operation on plain tensors, given the operands' names. */
const plainly =
  (emitted: (of: Value, operands: readonly string[], context: Context) => string): Lowering =>
  (of, context) =>
    emitted(of, of.operands.map(context.plain), context);

/**
 * Feature maps joined by their channels, or channels taken out of one: of whole blocks it is the same on blocks, for the
 * blocks of an image lie one behind the other as its channels do.
 */
function ofChannels(emitted: (of: Value, operands: readonly string[], context: Context) => string): Lowering {
  return (of, context) => {
    const { block, namesOf, blocked, plain } = context;
    const all = [of, ...of.operands];
    const whole = all.every(({ shape }) => hasBlocks(shape, block) && keepsAllBut(of, shape));
    const begins = of.operation.kind === 'slice' ? of.operation.starts[1]! : 0;
    const isThere = of.operands.every(operand => namesOf(operand).blocked !== undefined);
    if (!whole || !isThere || begins % block !== 0) return emitted(of, of.operands.map(plain), context);
    return { blocked: emitted(of, of.operands.map(blocked), context) };
  };
}

/** Whether a shape differs from a value's in its channels alone. */
const keepsAllBut = (of: Value, shape: readonly number[]) =>
  shape.every((length, axis) => axis === 1 || length === of.shape[axis]);

/** How each operation that stands for itself is computed; inputs, constants and sums over slices are `lower`'s own. */
export const lowerings: Record<Exclude<OperationKind, Structural>, Lowering> = {
  add: map('Add'),
  subtract: map('Sub'),
  multiply: map('Mul'),
  divide: map('Div'),
  negate: map('Neg'),
  exponential: map('Exp'),
  logarithm: map('Log'),
  squareRoot: map('Sqrt'),
  relu: map('Relu'),
  reluGradient: elementwise(lowerReluGradient),
  atLeast: elementwise(([x], of, { emit, scalar }) =>
    emit('Max', [x!, scalar(operationOf(of, 'atLeast').bound)]),
  ),
  computedAs: (of, { namesOf }) => namesOf(of.operands[1]!),
  innerProduct: lowerInnerProduct,
  convolution: lowerConvolution,
  convolutionInputGradient: lowerInputGradient,
  convolutionFilterGradient: (of, context) =>
    (context.dialect.device === 'cpu' ? lowerFilterGradient : lowerFilterGradientOnGpu)(of, context),
  maxPool: lowerMaxPool,
  maxPoolGradient: lowerMaxPoolGradient,
  affine: lowerAffine,
  batchNorm: lowerAffine,
  channelProduct: lowerChannelProduct,
  sum: lowerSum,
  softmax: plainly((_of, operands, { emit }) => emit('Softmax', operands, { axis: -1 })),
  logSoftmax: plainly((_of, [x], context) => lowerLogSoftmax(x!, context)),
  linear: plainly((of, [x, weight, bias], context) => {
    const product = { a: x!, transposeA: false, b: weight!, transposeB: true, bias: bias! };
    return emitProduct(product, of.shape, context);
  }),
  matmul: plainly(lowerMatmul),
  gatherRows: plainly((_of, operands, { emit }) => emit('Gather', operands, { axis: 0 })),
  scatterAddRows: plainly((of, [rows, indices], { emit, tensor, integers }) => {
    const zeros = emit('Expand', [tensor(Float32Array.of(0), [1]), integers(...of.shape)]);
    const index = emit('Cast', [emit('Unsqueeze', [indices!, integers(1)])], { to: elementTypes.int64 });
    return emit('ScatterND', [zeros, index, rows!], { reduction: 'add' });
  }),
  reshape: plainly((of, [x], { emit, integers }) => emit('Reshape', [x!, integers(...of.shape)])),
  transpose: plainly((of, operands, { emit }) =>
    emit('Transpose', operands, { perm: operationOf(of, 'transpose').permutation }),
  ),
  slice: ofChannels((of, [x], { emit, integers }) => {
    const { starts } = operationOf(of, 'slice');
    const axes = of.shape.flatMap((length, axis) => (length === of.operands[0]!.shape[axis] ? [] : [axis]));
    const from = axes.map(axis => starts[axis]!);
    const to = axes.map(axis => starts[axis]! + of.shape[axis]!);
    return emit('Slice', [x!, integers(...from), integers(...to), integers(...axes)]);
  }),
  pad: plainly((of, [x], { emit, integers }) => {
    const { before } = operationOf(of, 'pad');
    const after = of.shape.map((length, axis) => length - before[axis]! - of.operands[0]!.shape[axis]!);
    return emit('Pad', [x!, integers(...before, ...after)]);
  }),
  concatenate: ofChannels((of, operands, context) =>
    join(operands, operationOf(of, 'concatenate').axis, context),
  ),
};

/**
 * A CPU's Where is slow, and done by one thread: there it is a product with what is 1 above zero and else 0, which the
 * hard sigmoid is once it is steep enough.
 */
function lowerReluGradient(
  [upstream, x]: readonly string[],
  _of: Value,
  { emit, scalar, dialect }: Context,
): string {
  if (dialect.device === 'cpu')
    return emit('Mul', [
      upstream!,
      emit('HardSigmoid', [x!], { alpha: { float: steep }, beta: { float: 0 } }),
    ]);
  return emit('Where', [emit('Greater', [x!, scalar(0)]), upstream!, scalar(0)]);
}

/** The smallest normal float32 times this is more than 1. */
const steep = 1e38;

function lowerMatmul(of: Value, [a, b]: readonly string[], context: Context): string {
  const { emit, dialect } = context;
  const { transposeA, transposeB } = operationOf(of, 'matmul');
  const rank = of.shape.length;
  if (rank === 2) return emitProduct({ a: a!, transposeA, b: b!, transposeB }, of.shape, context);
  if (dialect.device === 'cpu')
    return emit('ms:FusedMatMul', [a!, b!], { transA: +transposeA, transB: +transposeB });
  const perm = [...Array(rank - 2).keys(), rank - 1, rank - 2];
  const turned = (name: string, transposed: boolean) =>
    transposed ? emit('Transpose', [name], { perm }) : name;
  return emit('MatMul', [turned(a!, transposeA), turned(b!, transposeB)]);
}

/** From so many values on, all of them are summed in two steps. */
const severalSteps = { cpu: 2 ** 20, gpu: 2 ** 12 };

/**
 * A sum of all values runs through them one by one: on a CPU millions of float32 lose what lies below the sum's own
 * rounding, and a GPU has a single group of threads at it. Parts of about the root of their number are summed first.
 */
function lowerSum(of: Value, context: Context): string {
  const { emit, integers, dialect } = context;
  const { axes } = operationOf(of, 'sum');
  const [map] = of.operands as [Value];
  const { blocked } = context.namesOf(map);
  if (blocked !== undefined && hasBlocks(map.shape, context.block) && axes.join() === '0,2,3')
    return sumOfChannels(blocked, map, context);
  const x = context.plain(map);
  const size = sizeOf(map.shape);
  const sum = (name: string, along: readonly number[]) =>
    emit('ReduceSum', [name, integers(...along)], { keepdims: 0 });
  if (of.shape.length > 0 || size < severalSteps[dialect.device]) return sum(x, axes);
  let part = Math.floor(Math.sqrt(size));
  while (size % part !== 0) part--;
  return sum(sum(emit('Reshape', [x, integers(size / part, part)]), [1]), [0]);
}

/** WebGPU's provider has no LogSoftmax. */
function lowerLogSoftmax(x: string, { emit, integers, dialect }: Context): string {
  if (dialect.device === 'cpu') return emit('LogSoftmax', [x], { axis: -1 });
  const shifted = emit('Sub', [x, emit('ReduceMax', [x, integers(-1)])]);
  return emit('Sub', [shifted, emit('Log', [emit('ReduceSum', [emit('Exp', [shifted]), integers(-1)])])]);
}

/**
 * Of two feature maps in blocks, both orders of summation are the same one. A CPU is fastest with a product of
 * matrices, for which a GPU would use a single thread for each row.
 */
function lowerInnerProduct(of: Value, context: Context): string {
  const { emit, integers, namesOf, blocked, plain, dialect } = context;
  if (dialect.device === 'gpu') {
    const axes = of.operands[0]!.shape.slice(1).map((_, i) => i + 1);
    return emit('ReduceSum', [emit('Mul', of.operands.map(plain)), integers(...axes)], { keepdims: 0 });
  }
  const inBlocks = of.operands.some(operand => namesOf(operand).blocked !== undefined);
  const [n, size] = [of.shape[0]!, sizeOf(of.operands[0]!.shape)];
  const [a, b] = of.operands.map(operand => {
    const name = inBlocks ? blocked(operand) : plain(operand);
    return emit('Reshape', [name, integers(n, 1, size / n)]);
  });
  return emit('Reshape', [emit('ms:FusedMatMul', [a!, b!], { transB: 1 }), integers(n)]);
}
