import type { OnnxNode } from '../../weights/onnx.ts';
import type { Constant } from '../../weights/onnx-tensors.ts';
import { expectAttribute, type Refuse } from './attributes.ts';
import { constant, type Made, parametersOf, put, type State, source } from './state.ts';

/** A sum of layers, and of numbers for each of their channels. */
export function sum(node: OnnxNode, state: State, refuse: Refuse): Made {
  expectAttribute(node, 'broadcast', 0, refuse);
  const fixed = node.inputs.flatMap((_, i) => constant(node, i, state) ?? []);
  const layers = node.inputs.flatMap((_, i) =>
    constant(node, i, state) ? [] : [source(node, i, state, refuse)],
  );
  const [first] = layers as [Made];
  if (layers.length === 0) throw refuse('what an earlier layer makes among its inputs', 'fixed numbers');
  const other = layers.find(({ shape }) => shape.join() !== first.shape.join());
  if (other) throw refuse('layers of one shape to add', `[${first.shape}] and [${other.shape}]`);
  const all =
    layers.length === 1
      ? first
      : {
          ...put({ kind: 'add', from: layers.map(({ layer }) => layer) }, sumName(node, fixed), state),
          shape: first.shape,
        };
  if (fixed.length === 0) return all;
  const offset = fixed
    .map(of => perChannel(of, all.shape, refuse))
    .reduce((a, b) => a.map((value, i) => value + b[i]!));
  return affine(node, all, { offset }, state);
}

/** The layers of a sum are one layer; the fixed numbers in it, if there are any, make what the node is called. */
const sumName = ({ outputs }: OnnxNode, fixed: readonly unknown[]) =>
  fixed.length === 0 ? outputs[0]! : `${outputs[0]}/layers`;

export function difference(node: OnnxNode, state: State, refuse: Refuse): Made {
  expectAttribute(node, 'broadcast', 0, refuse);
  const [left, right] = [constant(node, 0, state), constant(node, 1, state)];
  const of = source(node, left ? 1 : 0, state, refuse);
  const fixed = left ?? right;
  if (!fixed) throw refuse('fixed numbers as one of its inputs', `\`${node.inputs[1]}\``);
  const values = perChannel(fixed, of.shape, refuse);
  if (right) return affine(node, of, { offset: values.map(value => -value) }, state);
  return affine(node, of, { factor: values.map(() => -1), offset: values }, state);
}

export function product(node: OnnxNode, state: State, refuse: Refuse): Made {
  expectAttribute(node, 'broadcast', 0, refuse);
  const left = constant(node, 0, state);
  const fixed = left ?? constant(node, 1, state);
  const of = source(node, left ? 1 : 0, state, refuse);
  if (!fixed) throw refuse('fixed numbers as one of its inputs', `\`${node.inputs[1]}\``);
  return affine(node, of, { factor: perChannel(fixed, of.shape, refuse) }, state);
}

export function quotient(node: OnnxNode, state: State, refuse: Refuse): Made {
  expectAttribute(node, 'broadcast', 0, refuse);
  const of = source(node, 0, state, refuse);
  const fixed = constant(node, 1, state);
  if (!fixed) throw refuse('fixed numbers to divide by', `\`${node.inputs[1]}\``);
  return affine(node, of, { factor: perChannel(fixed, of.shape, refuse).map(value => 1 / value) }, state);
}

export function negative(node: OnnxNode, state: State, refuse: Refuse): Made {
  const of = source(node, 0, state, refuse);
  return affine(node, of, { factor: new Float32Array(of.shape[0]!).fill(-1) }, state);
}

/** `Clip` from 0 without an upper end. */
export function clip(node: OnnxNode, state: State, refuse: Refuse): Made {
  const end = (key: string, index: number, absent: number): number => {
    const given = node.attributes[key] ?? constant(node, index, state)?.data[0];
    if (given === undefined && (node.inputs[index] ?? '') !== '')
      throw refuse(`a fixed ${key}`, `\`${node.inputs[index]}\``);
    return typeof given === 'number' ? given : absent;
  };
  const [least, most] = [end('min', 1, -Infinity), end('max', 2, Infinity)];
  // Exporters write the largest number of float32 where there is no end.
  if (least !== 0 || most < 3e38)
    throw refuse('a minimum of 0 and no maximum, as a ReLU', `${least} and ${most}`);
  const { layer, shape } = source(node, 0, state, refuse);
  return { ...put({ kind: 'relu', from: layer }, node.outputs[0]!, state), shape };
}

/**
 * A factor and an offset for each channel: a batch norm whose running mean and variance are 0 and 1. `folded` puts it into
 * what it follows where that is nobody else's.
 */
export function affine(
  node: OnnxNode,
  of: Made,
  { factor, offset }: { readonly factor?: Float32Array; readonly offset?: Float32Array },
  state: State,
): Made {
  const channels = of.shape[0]!;
  const name = parametersOf({ ...node, inputs: [] }, 0, state);
  const parts = { weight: factor ?? ones(channels), bias: offset ?? zeros(channels) };
  for (const [part, data] of Object.entries({
    ...parts,
    running_mean: zeros(channels),
    running_var: ones(channels),
  }))
    state.tensors.set(`${name}.${part}`, { shape: [channels], data });
  state.affine.add(name);
  const made = put({ kind: 'norm', name, epsilon: 0, from: of.layer }, node.outputs[0]!, state);
  return { ...made, shape: of.shape };
}

const ones = (count: number) => new Float32Array(count).fill(1);
const zeros = (count: number) => new Float32Array(count);

/** Of numbers that are added to, or multiplied with, what has this shape: one for each of its channels. */
function perChannel({ shape, data }: Constant, of: readonly number[], refuse: Refuse): Float32Array {
  const channels = of[0]!;
  const alike = [...Array<number>(Math.max(0, of.length + 1 - shape.length)).fill(1), ...shape];
  const isPerChannel =
    alike.length === of.length + 1 &&
    alike.every((length, axis) => length === 1 || (axis === 1 && length === channels));
  if (!isPerChannel)
    throw refuse(
      `numbers of shape [${[channels, ...of.slice(1).map(() => 1)].join(', ')}], one for each channel, or a single one`,
      `[${shape.join(', ')}]`,
    );
  return data.length === 1 ? new Float32Array(channels).fill(data[0]!) : Float32Array.from(data);
}
