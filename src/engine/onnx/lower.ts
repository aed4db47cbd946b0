import type { Program } from '../../graph/program.ts';
import { dependents } from '../../graph/sequence.ts';
import { sizeOf } from '../../graph/tensor.ts';
import { type OperationKind, reachable, type Value } from '../../graph/value.ts';
import { lowerConvolution, lowerInputGradient } from './convolution.ts';
import { createEmitter, type Emitter } from './emitter.ts';
import { lowerFilterGradient } from './filter-gradient.ts';
import { createLayouts, hasShapeOf, type Layouts, type Names, staysBlocked } from './layout.ts';
import { dataTypes, type Graph, type Port } from './model.ts';

/** What a lowering works with: nodes to emit, and its operands by layout. */
export type Context = Emitter & Layouts;

/** Emits the ONNX nodes that compute a value; returns the name of the result, plain unless it says so. */
export type Lowering = (of: Value, context: Context) => string | Names;

/** Translates a tensor program to an ONNX model; `block` is that of `convolutionBlockSize`. */
export function lower(program: Program, block: number): Graph {
  const emitter = createEmitter();
  const context: Context = { ...emitter, ...createLayouts(block, emitter) };
  const inputs: Port[] = [];
  for (const of of reachable(Object.values(program.outputs))) {
    const { operation } = of;
    if (operation.kind === 'input') {
      inputs.push({ name: operation.name, shape: of.shape, type: of.type });
      context.define(of, { plain: operation.name });
    } else if (operation.kind === 'constant') {
      context.define(of, { plain: emitter.tensor(operation.data, of.shape) });
    } else if (operation.kind !== 'sequenceSlice') {
      compute(of, context);
    }
  }
  const outputs = Object.entries(program.outputs).map(([name, of]): Port => {
    const port = outputPort(name);
    emitter.emit('Identity', [context.plain(of)], {}, port);
    return { name: port, shape: of.shape, type: of.type };
  });
  return { name: program.name, nodes: emitter.nodes, initializers: emitter.initializers, inputs, outputs };
}

function compute(of: Value, context: Context): void {
  const made = lowerings[of.operation.kind as keyof typeof lowerings](of, context);
  context.define(of, typeof made === 'string' ? { plain: made } : made);
}

/** ONNX wants one name space; a program may call an output like an input (the parameters, before and after). */
export const outputPort = (name: string) => `out/${name}`;

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

const lowerings: Record<Exclude<OperationKind, 'input' | 'constant' | 'sequenceSlice'>, Lowering> = {
  add: map('Add'),
  subtract: map('Sub'),
  multiply: map('Mul'),
  divide: map('Div'),
  negate: map('Neg'),
  exponential: map('Exp'),
  logarithm: map('Log'),
  squareRoot: map('Sqrt'),
  relu: map('Relu'),
  reluGradient: elementwise(([upstream, x], _of, { emit, scalar }) =>
    emit('Where', [emit('Greater', [x!, scalar(0)]), upstream!, scalar(0)]),
  ),
  atLeast: elementwise(([x], of, { emit, scalar }) =>
    emit('Max', [x!, scalar(attribute(of, 'atLeast').bound)]),
  ),
  computedAs: (of, { namesOf }) => namesOf(of.operands[1]!),
  sumOverSlices: lowerSumOverSlices,
  innerProduct: lowerInnerProduct,
  convolution: lowerConvolution,
  convolutionInputGradient: lowerInputGradient,
  convolutionFilterGradient: lowerFilterGradient,
  sum: plainly((of, [x], { emit, integers }) =>
    emit('ReduceSum', [x!, integers(...attribute(of, 'sum').axes)], { keepdims: 0 }),
  ),
  softmax: plainly((_of, operands, { emit }) => emit('Softmax', operands, { axis: -1 })),
  logSoftmax: plainly((_of, operands, { emit }) => emit('LogSoftmax', operands, { axis: -1 })),
  linear: plainly((_of, operands, { emit }) => emit('Gemm', operands, { transB: 1 })),
  matmul: plainly((of, operands, { emit }) => {
    const { transposeA, transposeB } = attribute(of, 'matmul');
    const opType = of.shape.length === 2 ? 'Gemm' : 'ms:FusedMatMul';
    return emit(opType, operands, { transA: +transposeA, transB: +transposeB });
  }),
  gatherRows: plainly((_of, operands, { emit }) => emit('Gather', operands, { axis: 0 })),
  scatterAddRows: plainly((of, [rows, indices], { emit, tensor, integers }) => {
    const zeros = emit('Expand', [tensor(Float32Array.of(0), [1]), integers(...of.shape)]);
    const index = emit('Cast', [emit('Unsqueeze', [indices!, integers(1)])], { to: dataTypes.int64 });
    return emit('ScatterND', [zeros, index, rows!], { reduction: 'add' });
  }),
  reshape: plainly((of, [x], { emit, integers }) => emit('Reshape', [x!, integers(...of.shape)])),
  transpose: plainly((of, operands, { emit }) =>
    emit('Transpose', operands, { perm: attribute(of, 'transpose').permutation }),
  ),
  slice: plainly((of, [x], { emit, integers }) => {
    const { starts } = attribute(of, 'slice');
    const axes = of.shape.flatMap((length, axis) => (length === of.operands[0]!.shape[axis] ? [] : [axis]));
    const from = axes.map(axis => starts[axis]!);
    const to = axes.map(axis => starts[axis]! + of.shape[axis]!);
    return emit('Slice', [x!, integers(...from), integers(...to), integers(...axes)]);
  }),
  pad: plainly((of, [x], { emit, integers }) => {
    const { before } = attribute(of, 'pad');
    const after = of.shape.map((length, axis) => length - before[axis]! - of.operands[0]!.shape[axis]!);
    return emit('Pad', [x!, integers(...before, ...after)]);
  }),
  concatenate: plainly((of, operands, { emit }) =>
    emit('Concat', operands, { axis: attribute(of, 'concatenate').axis }),
  ),
};

function attribute<Kind extends OperationKind>(of: Value, _kind: Kind) {
  return of.operation as Extract<Value['operation'], { kind: Kind }>;
}

/** Of two feature maps in blocks, both orders of summation are the same one. */
function lowerInnerProduct(of: Value, context: Context): string {
  const { emit, integers, namesOf, blocked, plain } = context;
  const inBlocks = of.operands.some(operand => namesOf(operand).blocked !== undefined);
  const [n, size] = [of.shape[0]!, sizeOf(of.operands[0]!.shape)];
  const [a, b] = of.operands.map(operand => {
    const name = inBlocks ? blocked(operand) : plain(operand);
    return emit('Reshape', [name, integers(n, 1, size / n)]);
  });
  return emit('Reshape', [emit('ms:FusedMatMul', [a!, b!], { transB: 1 }), integers(n)]);
}

/** A loop that carries the sum; its body sees everything outside by name. */
function lowerSumOverSlices(of: Value, context: Context): string {
  const { slice, result } = attribute(of, 'sumOverSlices');
  const [x] = of.operands as [Value];
  const size = slice.shape[0]!;
  const emitter = context.nested();
  const body: Context = { ...emitter, ...createLayouts(context.block, emitter, context) };
  const { emit, integers, tensor } = body;
  const [iteration, carryOn, sofar] = ['iteration', 'carry-on', 'sum'].map(name => `${name}/${of.id}`) as [
    string,
    string,
    string,
  ];
  const start = emit('Mul', [emit('Reshape', [iteration, integers(1)]), integers(size)]);
  const end = emit('Add', [start, integers(size)]);
  body.define(slice, { plain: emit('Slice', [context.plain(x), start, end, integers(0)]) });
  for (const inner of dependents(slice, result).slice(1)) compute(inner, body);
  const [carriedOn, sum] = [emit('Identity', [carryOn]), emit('Add', [sofar, body.plain(result)])];
  const graph: Graph = {
    name: 'slice',
    nodes: emitter.nodes,
    initializers: [],
    inputs: [
      { name: iteration, shape: [], type: 'int64' },
      { name: carryOn, shape: [], type: 'bool' },
      { name: sofar, shape: result.shape, type: 'float32' },
    ],
    outputs: [
      { name: carriedOn, shape: [], type: 'bool' },
      { name: sum, shape: result.shape, type: 'float32' },
    ],
  };
  const count = context.emit('Reshape', [integers(x.shape[0]! / size), context.integers()]);
  const zeros = context.emit('Expand', [tensor(Float32Array.of(0), [1]), integers(...result.shape)]);
  return context.emit('Loop', [count, '', zeros], { body: { graph } });
}
