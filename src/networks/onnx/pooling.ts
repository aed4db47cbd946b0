import type { OnnxNode } from '../../weights/onnx.ts';
import { alikeOnAllSides, expectAttribute, number, numbers, paddingOf, type Refuse } from './attributes.ts';
import { axesOf } from './constants.ts';
import { constant, type Made, put, type State, source } from './state.ts';

export function maxPool(node: OnnxNode, state: State, refuse: Refuse): Made {
  const { layer, shape } = source(node, 0, state, refuse);
  expectAttribute(node, 'dilations', 1, refuse);
  const size = alikeOnAllSides(node, 'kernel_shape', [], refuse);
  const stride = alikeOnAllSides(node, 'strides', [1], refuse);
  const padding = paddingOf(node, shape, { size, stride }, refuse);
  const ceil = number(node, 'ceil_mode', 0) === 1 && (node.attributes.auto_pad ?? 'NOTSET') === 'NOTSET';
  return put({ kind: 'max-pool', size, stride, padding, ceil, from: layer }, node.outputs[0]!, state);
}

export function globalMaxPool(node: OnnxNode, state: State, refuse: Refuse): Made {
  const { layer, shape } = source(node, 0, state, refuse);
  const size = sideOf(shape);
  if (size === undefined) throw refuse('a feature map as high as wide', `[${shape}]`);
  return put({ kind: 'max-pool', size, from: layer }, node.outputs[0]!, state);
}

/** Windows side by side, or one that is the whole map whatever its stride. */
export function averagePool(node: OnnxNode, state: State, refuse: Refuse): Made {
  const of = source(node, 0, state, refuse);
  const [, ...sides] = of.shape;
  const windows = numbers(node, 'kernel_shape', []);
  expectAttribute(node, 'dilations', 1, refuse);
  if (windows.join() === sides.join() && !numbers(node, 'pads', []).some(pad => pad !== 0))
    return average(node, of, state);
  const size = alikeOnAllSides(node, 'kernel_shape', [], refuse);
  const stride = alikeOnAllSides(node, 'strides', [1], refuse);
  if (stride !== size)
    throw refuse('windows that lie side by side', `windows of ${size}, strides of ${stride}`);
  if (paddingOf(node, of.shape, { size, stride }, refuse) !== 0)
    throw refuse('`pads` 0', `[${numbers(node, 'pads', [])}]`);
  if (sides.some(side => side % size !== 0))
    throw refuse('windows that fill the feature map', `windows of ${size} in [${of.shape}]`);
  return put({ kind: 'average-pool', size, from: of.layer }, node.outputs[0]!, state);
}

export function globalAveragePool(node: OnnxNode, state: State, refuse: Refuse): Made {
  return average(node, source(node, 0, state, refuse), state);
}

export function reduceMean(node: OnnxNode, state: State, refuse: Refuse): Made {
  const of = source(node, 0, state, refuse);
  const axes = axesOf(node, constant(node, 1, state));
  const sides = axes.map(axis => (axis < 0 ? axis + of.shape.length + 1 : axis)).toSorted();
  if (of.shape.length !== 3 || sides.join() !== '2,3')
    throw refuse('axes [2, 3] of a feature map', `[${axes}] of [${of.shape}]`);
  const keeps = number(node, 'keepdims', 1) === 1;
  return keeps ? average(node, of, state) : put({ kind: 'average', from: of.layer }, node.outputs[0]!, state);
}

/** The mean of all positions, still a feature map where our layers have one: of maps as high as wide. */
function average(node: OnnxNode, { layer, shape }: Made, state: State): Made {
  const [output] = node.outputs as [string];
  const size = sideOf(shape);
  if (size !== undefined)
    return { ...put({ kind: 'average-pool', size, from: layer }, output, state), meanOf: layer };
  return { ...put({ kind: 'average', from: layer }, output, state), shape: [shape[0]!, 1, 1], meanOf: layer };
}

const sideOf = ([, height, width]: readonly number[]) => (height === width ? height : undefined);
