import { Failure } from '../failure.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Integers, OnnxGraph, OnnxNode } from '../weights/onnx.ts';
import type { Task } from './build.ts';
import type { ConvolutionLayer, Layer } from './layer.ts';
import { integersOf } from './onnx-integers.ts';

/** A network's layers, and its weights under the names that these give them. */
export interface Layers {
  readonly layers: Layer[];
  readonly tensors: Map<string, Tensor>;
}

/**
 * The layers that the nodes of an ONNX graph amount to. Nodes that belong together become one: a convolution and the batch
 * norm behind it, a product and the sum with its bias, strides and pads on an identity path. Throws a Failure of kind
 * 'checkpoint' that names the node that is none of ours, or not in a form of ours.
 */
export function layersOfOnnx(graph: OnnxGraph, file: string, { input }: Task): Layers {
  const image = imageOf(graph, file, input);
  const state: State = {
    layers: [],
    tensors: new Map(),
    named: new Map([[image, 'image']]),
    channels: new Map([['image', input[0]]]),
    strided: new Map(),
    integers: new Map(graph.integers),
    fixed: new Map(graph.tensors),
    uses: usesOf(graph),
  };
  for (const node of graph.nodes) {
    const integers = integersOf(node, state.integers);
    if (integers) {
      state.integers.set(node.outputs[0]!, integers);
      continue;
    }
    const refuse = (expected: string, found: string) => refused(file, node, expected, found);
    const translate = Object.hasOwn(translations, node.operation) ? translations[node.operation] : undefined;
    if (!translate)
      throw refuse(`an operation out of ${Object.keys(translations).join(', ')}`, node.operation);
    translate(node, state, refuse);
  }
  const [output] = graph.outputs;
  const last = state.named.get(output ?? '');
  if (graph.outputs.length !== 1 || last === undefined || last !== state.layers.at(-1)?.to)
    throw new Failure(
      'checkpoint',
      `Expected ${file} to have one output, the logits, got ${graph.outputs.join(', ') || 'none'}`,
      'Export the network in evaluation mode, without a softmax at its end.',
    );
  return { layers: state.layers, tensors: state.tensors };
}

type Refuse = (expected: string, found: string) => Failure;

const refused = (file: string, { name, operation }: OnnxNode, expected: string, found: string) =>
  new Failure(
    'checkpoint',
    `${file}: expected node \`${name}\` (${operation}) to have ${expected}, got ${found}`,
    'docs/networks.md lists what a network may consist of.',
  );

/** What is known while the nodes are gone through. */
interface State {
  /** Weights by the names that nodes call them by. */
  readonly fixed: Map<string, Tensor>;
  readonly layers: Layer[];
  readonly tensors: Map<string, Tensor>;
  /** The layer that makes what a node's output is called by. */
  readonly named: Map<string, string>;
  /** Of feature maps, by layer. */
  readonly channels: Map<string, number>;
  /** Outputs of which every second row, and column, of a layer is taken. */
  readonly strided: Map<string, { readonly of: string; readonly sides: readonly number[] }>;
  /** Shapes, axes and pads: fixed, or computed by nodes so far. */
  readonly integers: Map<string, Integers>;
  /** How many nodes read an output. */
  readonly uses: ReadonlyMap<string, number>;
}

type Translation = (node: OnnxNode, state: State, refuse: Refuse) => void;

function usesOf({ nodes, outputs }: OnnxGraph): Map<string, number> {
  const uses = new Map<string, number>();
  for (const name of [...nodes.flatMap(({ inputs }) => inputs), ...outputs])
    uses.set(name, (uses.get(name) ?? 0) + 1);
  return uses;
}

function imageOf({ inputs }: OnnxGraph, file: string, expected: Task['input']): string {
  const [image] = inputs;
  const fits =
    image?.shape.length === 4 &&
    image.shape.slice(1).every((length, i) => length === undefined || length === expected[i]);
  if (inputs.length === 1 && image && fits) return image.name;
  const found = inputs.map(({ shape }) => `[${shape.map(length => length ?? '?').join(', ')}]`);
  throw new Failure(
    'checkpoint',
    `Expected ${file} to take images [n, ${expected.join(', ')}], those of the data set, got ${found.join(' and ') || 'no input'}`,
    'Export the network for images of this size, or with open sizes (`dynamic_axes`).',
  );
}

/** Adds a layer that makes a node's output; `channels` of what it makes, where that is a feature map. */
function put(node: OnnxNode, layer: Layer, state: State, channels?: number): void {
  const to = node.outputs[0]!;
  state.layers.push({ ...layer, to });
  state.named.set(to, to);
  if (channels !== undefined) state.channels.set(to, channels);
}

/** The layer that a node's input comes from. */
function source(node: OnnxNode, index: number, state: State, refuse: Refuse): string {
  const found = state.named.get(node.inputs[index] ?? '');
  if (found === undefined)
    throw refuse('what an earlier layer makes as its input', `\`${node.inputs[index] ?? ''}\``);
  return found;
}

function weight(node: OnnxNode, index: number, state: State, refuse: Refuse): Tensor {
  const found = state.fixed.get(node.inputs[index] ?? '');
  if (!found) throw refuse('fixed weights', `\`${node.inputs[index] ?? 'none'}\``);
  return found;
}

/** What the parameters of a layer are called: as in the network that was exported, if its names were kept. */
function parametersOf(node: OnnxNode, index: number, { tensors }: State): string {
  const [, kept] = /^(.+)\.weight$/.exec(node.inputs[index] ?? '') ?? [];
  const name = kept ?? node.name;
  return tensors.has(`${name}.weight`) ? node.outputs[0]! : name;
}

const number = ({ attributes }: OnnxNode, key: string, absent: number) =>
  typeof attributes[key] === 'number' ? attributes[key] : absent;
const numbers = ({ attributes }: OnnxNode, key: string, absent: readonly number[]): readonly number[] =>
  Array.isArray(attributes[key]) ? attributes[key] : absent;

/** Of a kernel, a window, a stride or a margin. */
const maxSide = 255;

/** The one value of an attribute that has it for each side. */
function even(node: OnnxNode, key: string, absent: readonly number[], refuse: Refuse): number {
  const all = numbers(node, key, absent);
  const [value = -1] = all;
  if (all.some(other => other !== value)) throw refuse(`\`${key}\` alike on all sides`, `[${all}]`);
  const least = key === 'pads' ? 0 : 1;
  if (!Number.isInteger(value) || value < least || value > maxSide)
    throw refuse(`\`${key}\` from ${least} to ${maxSide}`, `[${all}]`);
  return value;
}

function expectAttribute(node: OnnxNode, key: string, expected: number | string, refuse: Refuse): void {
  const found = node.attributes[key] ?? expected;
  const all = Array.isArray(found) ? found : [found];
  if (all.some(value => value !== expected)) throw refuse(`\`${key}\` ${expected}`, `${all}`);
}

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
  if (fixed) return;
  state.named.set(node.outputs[0]!, source(node, 0, state, refuse));
};

const translations: Record<string, Translation> = {
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
      size: even(node, 'kernel_shape', [1], refuse),
      stride: even(node, 'strides', [1], refuse),
      padding: even(node, 'pads', [0], refuse),
      ceil: number(node, 'ceil_mode', 0) === 1,
    };
  }),
  AveragePool: one((node, refuse) => {
    const size = even(node, 'kernel_shape', [1], refuse);
    const stride = even(node, 'strides', [1], refuse);
    if (stride !== size) throw refuse('windows that lie side by side', `strides of ${stride}`);
    expectAttribute(node, 'pads', 0, refuse);
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
    stride: even(node, 'strides', [1], refuse),
    padding: even(node, 'pads', [0], refuse),
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
