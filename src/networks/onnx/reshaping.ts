import { sizeOf } from '../../graph/tensor.ts';
import type { OnnxNode } from '../../weights/onnx.ts';
import { expectAttribute, number, numbers, type Refuse } from './attributes.ts';
import { axesOf, shapeFor } from './constants.ts';
import { constant, has, type Made, put, raw, type State, source } from './state.ts';

/** A feature map as a vector: as it is, or the mean that it is. */
export function asVector(made: Made, to: string, state: State): Made {
  if (made.shape.length === 1) return made;
  if (made.meanOf !== undefined) return put({ kind: 'average', from: made.meanOf }, to, state);
  return put({ kind: 'flatten', from: made.layer }, to, state);
}

export function flatten(node: OnnxNode, state: State, refuse: Refuse): Made {
  const made = source(node, 0, state, refuse);
  const axis = number(node, 'axis', 1);
  if (axis !== 1 && axis !== -made.shape.length) throw refuse('`axis` 1, a vector for each image', `${axis}`);
  return asVector(made, node.outputs[0]!, state);
}

/** To a vector for each image, or to the shape that it has. */
export function reshape(node: OnnxNode, state: State, refuse: Refuse): Made {
  const made = source(node, 0, state, refuse);
  const fixed = constant(node, 1, state);
  if (!fixed && has(node, 1)) throw refuse('a shape that is known', `\`${node.inputs[1]}\``);
  const asked = fixed ? [...fixed.data] : [...numbers(node, 'shape', [])];
  const own = [state.batch ?? Number.NaN, ...made.shape];
  // 0 stands for the size that is there; NaN for the batch, whatever it is.
  const isZeroKept = number(node, 'allowzero', 0) === 0;
  const sizes = asked.map((length, axis) => (length === 0 && isZeroKept ? own[axis]! : length));
  const [batch, ...rest] = sizes as [number, ...number[]];
  const isOfImages = Number.isNaN(batch) || batch === -1 || batch === state.batch;
  const is = (shape: readonly number[]) =>
    rest.length === shape.length &&
    rest.every((length, i) => length === shape[i] || (length === -1 && batch !== -1)) &&
    rest.filter(length => length === -1).length <= 1;
  if (isOfImages && is(made.shape)) return made;
  if (isOfImages && is([sizeOf(made.shape)])) return asVector(made, node.outputs[0]!, state);
  throw refuse(
    `a vector of ${sizeOf(made.shape)} for each image as its shape`,
    `[${asked.map(length => (Number.isNaN(length) ? 'n' : length)).join(', ')}]`,
  );
}

export function squeeze(node: OnnxNode, state: State, refuse: Refuse): Made {
  const made = source(node, 0, state, refuse);
  const axes = axesOf(node, constant(node, 1, state));
  const sides = axes.map(axis => (axis < 0 ? axis + made.shape.length + 1 : axis)).toSorted();
  const [channels, ...positions] = made.shape;
  const isPlain =
    made.shape.length === 3 && positions.every(length => length === 1) && (axes.length > 0 || channels !== 1);
  if (!isPlain || (axes.length > 0 && sides.join() !== '2,3'))
    throw refuse('axes [2, 3] of one position', `[${axes}] of [${made.shape}]`);
  return asVector(made, node.outputs[0]!, state);
}

export function transpose(node: OnnxNode, state: State, refuse: Refuse): Made {
  const made = source(node, 0, state, refuse);
  const order = numbers(node, 'perm', [...made.shape.keys(), made.shape.length].reverse());
  if (order.some((axis, i) => axis !== i))
    throw refuse('axes in their order: channels before rows and columns', `\`perm\` [${order}]`);
  return made;
}

export function concatenation(node: OnnxNode, state: State, refuse: Refuse): Made {
  const all = node.inputs.map((_, i) => source(node, i, state, refuse));
  const [first] = all as [Made];
  const axis = number(node, 'axis', 1);
  if (axis !== 1 && axis !== -first.shape.length) throw refuse('`axis` 1', `${axis}`);
  if (all.length === 1) return first;
  const other = all.find(
    ({ shape }) =>
      shape.slice(1).join() !== first.shape.slice(1).join() || shape.length !== first.shape.length,
  );
  if (other) throw refuse('feature maps of one height and width', `[${first.shape}] and [${other.shape}]`);
  const made = put({ kind: 'concatenate', from: all.map(({ layer }) => layer) }, node.outputs[0]!, state);
  return { ...made, shape: [made.shape[0]!, ...first.shape.slice(1)] };
}

/** The shape of what a layer makes, as fixed numbers. */
export function shape(node: OnnxNode, state: State, refuse: Refuse): undefined {
  const made = source(node, 0, state, refuse);
  state.constants.set(node.outputs[0]!, shapeFor(node, [Number.NaN, ...made.shape]));
  return undefined;
}

/** `x[:, :, ::2, ::2]`, in one node or one for each side; or all of x. */
export function slice(node: OnnxNode, state: State, refuse: Refuse): Made {
  const given = raw(node, 0, state, refuse);
  const { halved = [], ...made } = given.halved?.length === 2 ? source(node, 0, state, refuse) : given;
  if (made.margin !== undefined) throw refuse('nothing put around what it is a part of', `${made.margin}`);
  const fixed = (key: string, index: number) => {
    if (has(node, index) && !constant(node, index, state))
      throw refuse(`fixed ${key}`, `\`${node.inputs[index]}\``);
    return constant(node, index, state)?.data ?? numbers(node, key, []);
  };
  const [starts, ends, steps] = [fixed('starts', 1), fixed('ends', 2), fixed('steps', 4)];
  const listed = [...fixed('axes', 3)];
  const rank = made.shape.length + 1;
  const axes = Array.from(starts, (_, i) => listed[i] ?? i).map(axis => (axis < 0 ? axis + rank : axis));
  const lengthOf = (axis: number) => {
    const length = axis === 0 ? (state.batch ?? 2 ** 30) : (made.shape[axis - 1] ?? 2 ** 30);
    return halved.includes(axis) ? Math.ceil(length / 2) : length;
  };
  const isWhole = axes.every((axis, i) => starts[i] === 0 && ends[i]! >= lengthOf(axis));
  const taken = axes.filter((_, i) => (steps[i] ?? 1) !== 1);
  const isSecond = axes.every(
    (axis, i) => (steps[i] ?? 1) === 1 || (steps[i] === 2 && axis >= 2 && !halved.includes(axis)),
  );
  if (!isWhole || !isSecond || rank !== 4)
    throw refuse(
      'every second row or column of a feature map to take',
      `[${[...starts]}] to [${[...ends]}] by [${[...steps]}] along [${axes}] of [${made.shape}]`,
    );
  const all = [...halved, ...taken];
  return all.length === 0 ? made : { ...made, halved: all };
}

/** The zero channels of shortcut A; or zeros around what a convolution takes. */
export function pad(node: OnnxNode, state: State, refuse: Refuse): Made {
  const given = raw(node, 0, state, refuse);
  if (has(node, 1) && !constant(node, 1, state)) throw refuse('fixed pads', `\`${node.inputs[1]}\``);
  const rank = given.shape.length + 1;
  const pads = padsOf(node, rank, state);
  const isOf = (...axes: number[]) =>
    pads.length === 2 * rank && pads.every((pad, i) => pad === 0 || axes.includes(i % rank));
  if (isOf()) return given;
  expectAttribute(node, 'mode', 'constant', refuse);
  const fill = has(node, 2) ? constant(node, 2, state)?.data[0] : number(node, 'value', 0);
  if (fill !== 0) throw refuse('zeros', `${fill ?? node.inputs[2]}`);
  const [, channels = 0, rows = 0] = pads;
  if (rank === 4 && isOf(2, 3) && rows > 0 && [3, 6, 7].every(i => pads[i] === rows)) {
    const made = given.halved ? source(node, 0, state, refuse) : given;
    return { ...made, margin: (made.margin ?? 0) + rows };
  }
  if (given.halved?.length === 2 && isOf(1) && channels === pads[rank + 1] && channels > 0) {
    const layer = { kind: 'subsample', channels: given.shape[0]! + 2 * channels, from: given.layer } as const;
    return put(layer, node.outputs[0]!, state);
  }
  throw refuse(
    'as many zeros on all sides of rows and columns, or as many zero channels before and after every second pixel',
    `pads [${pads}]`,
  );
}

/** Of all axes, those before first. */
function padsOf(node: OnnxNode, rank: number, state: State): readonly number[] {
  const given = constant(node, 1, state)?.data ?? numbers(node, 'pads', numbers(node, 'paddings', []));
  const axes = constant(node, 3, state)?.data;
  if (!axes) return [...given];
  const pads = Array<number>(2 * rank).fill(0);
  for (const [i, axis] of axes.entries()) {
    const at = axis < 0 ? axis + rank : axis;
    pads[at] = given[i] ?? Number.NaN;
    pads[at + rank] = given[i + axes.length] ?? Number.NaN;
  }
  return pads;
}
