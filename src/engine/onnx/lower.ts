import type { Program } from '../../graph/program.ts';
import { sizeOf } from '../../graph/tensor.ts';
import { type OperationKind, reachable, type Value } from '../../graph/value.ts';
import { lowerConvolution, lowerFilterGradient, lowerInputGradient } from './convolution.ts';
import { createEmitter, type Emitter } from './emitter.ts';
import type { Model, Port } from './model.ts';

/** Emits the ONNX nodes that compute `of` from the named operands; returns the name of the result. */
export type Lowering = (of: Value, operands: readonly string[], emitter: Emitter) => string;

/** Translates a tensor program to an ONNX model. */
export function lower(program: Program): Model {
  const emitter = createEmitter();
  const names = new Map<Value, string>();
  const inputs: Port[] = [];
  for (const of of reachable(Object.values(program.outputs))) {
    const { operation } = of;
    if (operation.kind === 'input') {
      inputs.push({ name: operation.name, shape: of.shape, type: of.type });
      names.set(of, operation.name);
    } else if (operation.kind === 'constant') {
      names.set(of, emitter.tensor(operation.data, of.shape));
    } else {
      // An operand that is not computed is that of `computedAs`, which does not read it.
      const operands = of.operands.map(operand => names.get(operand) ?? '');
      names.set(of, lowerings[operation.kind](of, operands, emitter));
    }
  }
  const outputs = Object.entries(program.outputs).map(([name, of]): Port => {
    const port = outputPort(name);
    emitter.emit('Identity', [names.get(of)!], {}, port);
    return { name: port, shape: of.shape, type: of.type };
  });
  return { name: program.name, nodes: emitter.nodes, initializers: emitter.initializers, inputs, outputs };
}

/** ONNX wants one name space; a program may call an output like an input (the parameters, before and after). */
export const outputPort = (name: string) => `out/${name}`;

const node =
  (opType: string): Lowering =>
  (_of, operands, { emit }) =>
    emit(opType, operands);

const lowerings: Record<Exclude<OperationKind, 'input' | 'constant'>, Lowering> = {
  add: node('Add'),
  subtract: node('Sub'),
  multiply: node('Mul'),
  divide: node('Div'),
  negate: node('Neg'),
  exponential: node('Exp'),
  logarithm: node('Log'),
  squareRoot: node('Sqrt'),
  relu: node('Relu'),
  reluGradient: (_of, [upstream, x], { emit, scalar }) =>
    emit('Where', [emit('Greater', [x!, scalar(0)]), upstream!, scalar(0)]),
  atLeast: (of, [x], { emit, scalar }) => emit('Max', [x!, scalar(attribute(of, 'atLeast').bound)]),
  sum: (of, [x], { emit, integers }) =>
    emit('ReduceSum', [x!, integers(...attribute(of, 'sum').axes)], { keepdims: 0 }),
  softmax: (_of, operands, { emit }) => emit('Softmax', operands, { axis: -1 }),
  logSoftmax: (_of, operands, { emit }) => emit('LogSoftmax', operands, { axis: -1 }),
  matmul: lowerMatmul,
  linear: (_of, operands, { emit }) => emit('Gemm', operands, { transB: 1 }),
  innerProduct: (of, operands, { emit, integers }) => {
    const [n, size] = [of.shape[0]!, sizeOf(of.operands[0]!.shape)];
    const [a, b] = operands.map(name => emit('Reshape', [name, integers(n, 1, size / n)]));
    return emit('Reshape', [emit('ms:FusedMatMul', [a!, b!], { transB: 1 }), integers(n)]);
  },
  convolution: lowerConvolution,
  convolutionInputGradient: lowerInputGradient,
  convolutionFilterGradient: lowerFilterGradient,
  gatherRows: (_of, operands, { emit }) => emit('Gather', operands, { axis: 0 }),
  scatterAddRows: (of, [rows, indices], { emit, tensor, integers }) => {
    const zeros = emit('Expand', [tensor(Float32Array.of(0), [1]), integers(...of.shape)]);
    const index = emit('Cast', [emit('Unsqueeze', [indices!, integers(1)])], { to: 7 });
    return emit('ScatterND', [zeros, index, rows!], { reduction: 'add' });
  },
  reshape: (of, [x], { emit, integers }) => emit('Reshape', [x!, integers(...of.shape)]),
  transpose: (of, operands, { emit }) =>
    emit('Transpose', operands, { perm: attribute(of, 'transpose').permutation }),
  slice: (of, [x], { emit, integers }) => {
    const { starts } = attribute(of, 'slice');
    const axes = of.shape.flatMap((length, axis) => (length === of.operands[0]!.shape[axis] ? [] : [axis]));
    const ends = axes.map(axis => starts[axis]! + of.shape[axis]!);
    return emit('Slice', [
      x!,
      integers(...axes.map(axis => starts[axis]!)),
      integers(...ends),
      integers(...axes),
    ]);
  },
  pad: (of, [x], { emit, integers }) => {
    const { before } = attribute(of, 'pad');
    const after = of.shape.map((length, axis) => length - before[axis]! - of.operands[0]!.shape[axis]!);
    return emit('Pad', [x!, integers(...before, ...after)]);
  },
  concatenate: (of, operands, { emit }) =>
    emit('Concat', operands, { axis: attribute(of, 'concatenate').axis }),
  computedAs: (_of, [, computed]) => computed!,
};

function attribute<Kind extends OperationKind>(of: Value, _kind: Kind) {
  return of.operation as Extract<Value['operation'], { kind: Kind }>;
}

function lowerMatmul(of: Value, operands: readonly string[], { emit }: Emitter): string {
  const { transposeA, transposeB } = attribute(of, 'matmul');
  if (of.shape.length === 2) return emit('Gemm', operands, { transA: +transposeA, transB: +transposeB });
  return emit('ms:FusedMatMul', operands, { transA: +transposeA, transB: +transposeB });
}
