import type { Tensor } from '../../graph/tensor.ts';
import type { OnnxNode } from '../../weights/onnx.ts';
import type { Constant } from '../../weights/onnx-tensors.ts';
import { affine } from './arithmetic.ts';
import { alikeOnAllSides, expectAttribute, number, numbers, paddingOf, type Refuse } from './attributes.ts';
import { has, type Made, parametersOf, put, raw, type State, source, weight } from './state.ts';

/** Nodes with parameters of their own. */

export function convolution(node: OnnxNode, state: State, refuse: Refuse): Made {
  const weights = weight(node, 1, state, refuse);
  const [filters, , size, width] = weights.shape as [number, number, number, number];
  const isSquare = weights.shape.length === 4 && size === width && !weights.shape.includes(0);
  if (!isSquare) throw refuse('square kernels', `[${weights.shape}]`);
  const stated = numbers(node, 'kernel_shape', [size]);
  if (stated.some(side => side !== size))
    throw refuse(`\`kernel_shape\` of its weights, ${size}`, `[${stated}]`);
  expectAttribute(node, 'group', 1, refuse);
  expectAttribute(node, 'dilations', 1, refuse);
  const bias = has(node, 2) ? weight(node, 2, state, refuse) : undefined;
  if (bias && bias.shape.join() !== `${filters}`)
    throw refuse(`a bias of ${filters} numbers`, `[${bias.shape}]`);
  const given = raw(node, 0, state, refuse);
  const { margin = 0, ...inside } = given;
  const from = given.halved ? source(node, 0, state, refuse) : inside;
  const stride = alikeOnAllSides(node, 'strides', [1], refuse);
  const around = from.shape.map(length => length + 2 * margin);
  const padding = margin + paddingOf(node, around, { size, stride }, refuse);
  const { name, hasBias } = kernelsOf(node, weights, bias, state);
  const layer = { name, filters, size, stride, padding, bias: hasBias, from: from.layer };
  if (hasBias || !bias) return put({ kind: 'convolution', ...layer }, node.outputs[0]!, state);
  const plain = put({ kind: 'convolution', ...layer }, `${node.outputs[0]}/kernels`, state);
  return affine(node, plain, { offset: bias.data }, state);
}

/** Kernels that several convolutions have are one parameter; so is their bias, where it is the first one's. */
function kernelsOf(node: OnnxNode, weights: Tensor, bias: (Tensor & Constant) | undefined, state: State) {
  const known = state.kernels.get(weights);
  if (known) return { name: known.name, hasBias: bias !== undefined && bias === known.bias };
  const name = parametersOf(node, 1, state);
  state.kernels.set(weights, { name, bias });
  state.tensors.set(`${name}.weight`, weights);
  if (bias) state.tensors.set(`${name}.bias`, bias);
  return { name, hasBias: bias !== undefined };
}

export function batchNorm(node: OnnxNode, state: State, refuse: Refuse): Made {
  const of = source(node, 0, state, refuse);
  expectAttribute(node, 'training_mode', 0, refuse);
  expectAttribute(node, 'spatial', 1, refuse);
  const parts = [1, 2, 3, 4].map(i => weight(node, i, state, refuse));
  const other = parts.find(({ shape }) => shape.join() !== `${of.shape[0]}`);
  if (other) throw refuse(`a number for each of ${of.shape[0]} channels`, `[${other.shape}]`);
  const name = parametersOf(node, 1, state);
  ['weight', 'bias', 'running_mean', 'running_var'].forEach((part, i) => {
    state.tensors.set(`${name}.${part}`, parts[i]!);
  });
  const epsilon = number(node, 'epsilon', 1e-5);
  const made = put({ kind: 'norm', name, epsilon, from: of.layer }, node.outputs[0]!, state);
  return { ...made, shape: of.shape };
}

/** alpha x W' + beta b or, without the transposition, alpha x W + beta b. */
export function linear(node: OnnxNode, state: State, refuse: Refuse): Made {
  expectAttribute(node, 'transA', 0, refuse);
  const of = source(node, 0, state, refuse);
  const given = weight(node, 1, state, refuse);
  if (of.shape.length !== 1) throw refuse('vectors to multiply', `feature maps [${of.shape}]`);
  if (given.shape.length !== 2) throw refuse('a matrix of weights', `[${given.shape}]`);
  const turned = number(node, 'transB', 0) === 1 ? given : transposed(given);
  const [outputs, features] = turned.shape as [number, number];
  if (features !== of.shape[0]) throw refuse(`weights for ${of.shape[0]} features`, `for ${features}`);
  const bias = has(node, 2) ? weight(node, 2, state, refuse) : { shape: [], data: Float32Array.of(0) };
  const name = parametersOf(node, 1, state);
  state.tensors.set(`${name}.weight`, times(turned, number(node, 'alpha', 1)));
  state.tensors.set(`${name}.bias`, times(spread(bias, outputs, refuse), number(node, 'beta', 1)));
  return put({ kind: 'linear', name, outputs, from: of.layer }, node.outputs[0]!, state);
}

const times = (tensor: Tensor, factor: number): Tensor =>
  factor === 1 ? tensor : { shape: tensor.shape, data: tensor.data.map(value => value * factor) };

/** A bias for each output, of any shape that does for all images. */
function spread({ shape, data }: Tensor, outputs: number, refuse: Refuse): Tensor {
  const isForAll =
    shape.length < 3 &&
    shape.every((length, i) => length === 1 || (i === shape.length - 1 && length === outputs));
  if (!isForAll) throw refuse(`a bias of ${outputs} numbers, or of one`, `[${shape}]`);
  return {
    shape: [outputs],
    data: data.length === outputs ? data : new Float32Array(outputs).fill(data[0]!),
  };
}

function transposed({ shape, data }: Tensor): Tensor {
  const [rows, columns] = shape as [number, number];
  const turned = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j]!;
  }
  return { shape: [columns, rows], data: turned };
}
