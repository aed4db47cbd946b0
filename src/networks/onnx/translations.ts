import type { Tensor } from '../../graph/tensor.ts';
import type { OnnxNode } from '../../weights/onnx.ts';
import type { ConvolutionLayer, Layer } from '../layer.ts';
import { alikeOnAllSides, expectAttribute, number, numbers, type Refuse } from './attributes.ts';
import { parametersOf, put, type State, source, weight } from './state.ts';

/** Adds the layer that a node amounts to, or changes the one before. */
type Translation = (node: OnnxNode, state: State, refuse: Refuse) => void;

const one =
  (layer: (node: OnnxNode, refuse: Refuse) => Layer, keepsMap = true): Translation =>
  (node, state, refuse) => {
    const from = source(node, 0, state, refuse);
    put(
      node,
      { ...layer(node, refuse), from } as Layer,
      state,
      keepsMap ? state.channels.get(from) : undefined,
    );
  };

/** What passes on what it is given: a result, or weights that several nodes have in common. */
const alias: Translation = (node, state, refuse) => {
  const fixed = state.fixed.get(node.inputs[0]!);
  if (fixed) state.fixed.set(node.outputs[0]!, fixed);
  else state.named.set(node.outputs[0]!, source(node, 0, state, refuse));
};

/** By ONNX's name of the operation. */
export const translations: Record<string, Translation> = {
  Conv: convolution,
  BatchNormalization: batchNorm,
  Relu: one(() => ({ kind: 'relu' })),
  Add: sum,
  Sum: sum,
  Concat: concatenation,
  MaxPool: one((node, refuse) => {
    expectAttribute(node, 'dilations', 1, refuse);
    expectAttribute(node, 'auto_pad', 'NOTSET', refuse);
    return {
      kind: 'max-pool',
      size: alikeOnAllSides(node, 'kernel_shape', [1], refuse),
      stride: alikeOnAllSides(node, 'strides', [1], refuse),
      padding: alikeOnAllSides(node, 'pads', [0], refuse),
      ceil: number(node, 'ceil_mode', 0) === 1,
    };
  }),
  AveragePool: one((node, refuse) => {
    const size = alikeOnAllSides(node, 'kernel_shape', [1], refuse);
    const stride = alikeOnAllSides(node, 'strides', [1], refuse);
    if (stride !== size) throw refuse('windows that lie side by side', `strides of ${stride}`);
    expectAttribute(node, 'pads', 0, refuse);
    expectAttribute(node, 'dilations', 1, refuse);
    expectAttribute(node, 'auto_pad', 'NOTSET', refuse);
    return { kind: 'average-pool', size };
  }),
  GlobalAveragePool: one(() => ({ kind: 'average' }), false),
  ReduceMean: (node, state, refuse) => {
    const axes = numbers(node, 'axes', state.integers.get(node.inputs[1] ?? '')?.values ?? []);
    const sides = axes.map(axis => (axis < 0 ? axis + 4 : axis)).sort();
    if (sides.join() !== '2,3') throw refuse('axes [2, 3]', `[${axes}]`);
    one(() => ({ kind: 'average' }), false)(node, state, refuse);
  },
  Flatten: one((node, refuse) => {
    expectAttribute(node, 'axis', 1, refuse);
    return { kind: 'flatten' };
  }, false),
  Reshape: (node, state, refuse) => {
    const { values: shape = [] } = state.integers.get(node.inputs[1]!) ?? {};
    if (shape.length !== 2) throw refuse('a vector for each image as its shape', `[${shape}]`);
    one(() => ({ kind: 'flatten' }), false)(node, state, refuse);
  },
  Squeeze: one(() => ({ kind: 'flatten' }), false),
  Gemm: linear,
  MatMul: linear,
  Identity: alias,
  Dropout: alias,
  Slice: everySecond,
  Pad: zeroChannels,
};

function convolution(node: OnnxNode, state: State, refuse: Refuse): void {
  const { shape, data } = weight(node, 1, state, refuse);
  const [filters, , size, width] = shape as [number, number, number, number];
  if (shape.length !== 4 || size !== width || shape.includes(0)) throw refuse('square kernels', `[${shape}]`);
  expectAttribute(node, 'group', 1, refuse);
  expectAttribute(node, 'dilations', 1, refuse);
  expectAttribute(node, 'auto_pad', 'NOTSET', refuse);
  const name = parametersOf(node, 1, state);
  const hasBias = (node.inputs[2] ?? '') !== '';
  state.tensors.set(`${name}.weight`, { shape, data });
  if (hasBias) state.tensors.set(`${name}.bias`, weight(node, 2, state, refuse));
  const layer: ConvolutionLayer = {
    kind: 'convolution',
    ...{ name, filters, size, bias: hasBias, from: source(node, 0, state, refuse) },
    stride: alikeOnAllSides(node, 'strides', [1], refuse),
    padding: alikeOnAllSides(node, 'pads', [0], refuse),
  };
  put(node, layer, state, filters);
}

function batchNorm(node: OnnxNode, state: State, refuse: Refuse): void {
  const from = source(node, 0, state, refuse);
  expectAttribute(node, 'training_mode', 0, refuse);
  const norm = parametersOf(node, 1, state);
  ['weight', 'bias', 'running_mean', 'running_var'].forEach((part, i) => {
    state.tensors.set(`${norm}.${part}`, weight(node, i + 1, state, refuse));
  });
  const epsilon = number(node, 'epsilon', 1e-5);
  const before = state.layers.at(-1);
  const channels = state.channels.get(from);
  if (before?.kind === 'convolution' && before.to === from && !before.norm && state.uses.get(from) === 1) {
    state.layers.pop();
    put(node, { ...before, norm, epsilon }, state, channels);
  } else put(node, { kind: 'norm', name: norm, epsilon, from }, state, channels);
}

/** Of layers; or of a product and its bias. */
function sum(node: OnnxNode, state: State, refuse: Refuse): void {
  const fixed = node.inputs.findIndex(name => state.fixed.has(name));
  if (fixed < 0) {
    const from = node.inputs.map((_, i) => source(node, i, state, refuse));
    put(node, { kind: 'add', from }, state, state.channels.get(from[0]!));
    return;
  }
  const before = state.layers.at(-1);
  const bias = weight(node, fixed, state, refuse);
  const of = source(node, 1 - fixed, state, refuse);
  if (before?.kind !== 'linear' || before.to !== of || state.uses.get(of) !== 1 || bias.shape.length !== 1)
    throw refuse('layers to add, or the bias of a product', `\`${node.inputs[fixed]}\``);
  state.tensors.set(`${before.name}.bias`, bias);
  state.layers.pop();
  put(node, before, state);
}

function concatenation(node: OnnxNode, state: State, refuse: Refuse): void {
  expectAttribute(node, 'axis', 1, refuse);
  const from = node.inputs.map((_, i) => source(node, i, state, refuse));
  const channels = from.reduce((total, of) => total + (state.channels.get(of) ?? 0), 0);
  if (from.length === 1) alias(node, state, refuse);
  else put(node, { kind: 'concatenate', from }, state, channels);
}

/** x W' + b or, without a bias, x W. */
function linear(node: OnnxNode, state: State, refuse: Refuse): void {
  for (const [key, expected] of [
    ['alpha', 1],
    ['beta', 1],
    ['transA', 0],
  ] as const)
    expectAttribute(node, key, expected, refuse);
  const given = weight(node, 1, state, refuse);
  if (given.shape.length !== 2) throw refuse('a matrix of weights', `[${given.shape}]`);
  const turned = number(node, 'transB', 0) === 1 ? given : transposed(given);
  const name = parametersOf(node, 1, state);
  const [outputs] = turned.shape as [number];
  const bias = (node.inputs[2] ?? '') === '' ? undefined : weight(node, 2, state, refuse);
  state.tensors.set(`${name}.weight`, turned);
  state.tensors.set(`${name}.bias`, bias ?? { shape: [outputs], data: new Float32Array(outputs) });
  put(node, { kind: 'linear', name, outputs, from: source(node, 0, state, refuse) }, state);
}

function transposed({ shape, data }: Tensor): Tensor {
  const [rows, columns] = shape as [number, number];
  const turned = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j]!;
  }
  return { shape: [columns, rows], data: turned };
}

/** `x[:, :, ::2, ::2]`, in one node or one for each side. */
function everySecond(node: OnnxNode, state: State, refuse: Refuse): void {
  const [starts, ends, axes, steps] = [1, 2, 3, 4].map(
    i => state.integers.get(node.inputs[i] ?? '')?.values ?? [],
  );
  const taken = state.strided.get(node.inputs[0]!);
  const isWhole = starts!.every(start => start === 0) && ends!.every(end => end > 2 ** 30);
  const isSecond = axes!.every((axis, i) => (axis === 2 || axis === 3) && steps![i] === 2);
  if (!isWhole || !isSecond || axes!.length === 0)
    throw refuse('every second row or column to take', `steps [${steps}] along [${axes}]`);
  const of = taken?.of ?? source(node, 0, state, refuse);
  state.strided.set(node.outputs[0]!, { of, sides: [...(taken?.sides ?? []), ...axes!] });
}

/** The zero channels of shortcut A. */
function zeroChannels(node: OnnxNode, state: State, refuse: Refuse): void {
  expectAttribute(node, 'mode', 'constant', refuse);
  if ((node.inputs[3] ?? '') !== '') throw refuse('pads of all axes', `some for \`${node.inputs[3]}\``);
  const taken = state.strided.get(node.inputs[0]!);
  const pads = numbers(node, 'pads', state.integers.get(node.inputs[1] ?? '')?.values ?? []);
  const [before = -1, after = -2] = [pads[1], pads[5]];
  const isOfChannels = pads.length === 8 && pads.every((pad, i) => i % 4 === 1 || pad === 0);
  const fill = state.fixed.get(node.inputs[2] ?? '')?.data[0] ?? 0;
  if (taken?.sides.toSorted().join() !== '2,3' || !isOfChannels || before !== after || fill !== 0)
    throw refuse('as many zero channels on both sides of every second pixel', `pads [${pads}]`);
  const channels = state.channels.get(taken.of)! + 2 * before;
  put(node, { kind: 'subsample', channels, from: taken.of }, state, channels);
}
