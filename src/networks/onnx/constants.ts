import { sizeOf } from '../../graph/tensor.ts';
import type { OnnxNode } from '../../weights/onnx.ts';
import type { Constant } from '../../weights/onnx-tensors.ts';
import { number, numbers } from './attributes.ts';

/*
 * Exporters write shapes, pads and scaled weights as what computes them. Here they are computed, NaN where the size of a
 * batch is meant.
 */

export const vector = (values: readonly number[]): Constant => ({
  shape: [values.length],
  data: Float64Array.from(values),
});

const isWhole = ({ data }: Constant) => data instanceof Float64Array;

/** Numbers of the kind of another constant's. */
const like = (of: Constant, shape: readonly number[], values: ArrayLike<number>): Constant => ({
  shape,
  data: isWhole(of) ? Float64Array.from(values) : Float32Array.from(values),
});

/** No node computes more; all of a file together compute so much and no more. */
const maxValues = 2 ** 26;
export const maxComputed = 2 ** 28;

type Operation = (of: readonly Constant[], node: OnnxNode) => Constant | undefined;

/** By ONNX's name: what is computed, undefined where that is not known or in no form of use here. */
const operations: Readonly<Record<string, Operation>> = {
  Identity: ([x]) => x,
  Cast: ([x], node) => {
    const to = number(node, 'to', 0);
    if (floats.has(to)) return { shape: x!.shape, data: Float32Array.from(x!.data) };
    return integers.has(to) ? { shape: x!.shape, data: Float64Array.from(x!.data, Math.trunc) } : undefined;
  },
  Reshape: ([x, to], node) => reshaped(x!, to ? [...to.data] : numbers(node, 'shape', [])),
  Flatten: ([x], node) => {
    const axis = number(node, 'axis', 1);
    const before = sizeOf(x!.shape.slice(0, axis));
    return reshaped(x!, [before, x!.data.length / before]);
  },
  Squeeze: ([x, axes], node) => {
    const rank = x!.shape.length;
    const gone = new Set(axesOf(node, axes).map(axis => (axis < 0 ? axis + rank : axis)));
    const left = x!.shape.filter((length, axis) => (gone.size > 0 ? !gone.has(axis) : length !== 1));
    return reshaped(x!, left);
  },
  Unsqueeze: ([x, axes], node) => {
    const added = axesOf(node, axes);
    const rank = x!.shape.length + added.length;
    const isNew = new Set(added.map(axis => (axis < 0 ? axis + rank : axis)));
    if (rank > 8) return undefined;
    const own = [...x!.shape];
    return reshaped(
      x!,
      Array.from({ length: rank }, (_, axis) => (isNew.has(axis) ? 1 : (own.shift() ?? 1))),
    );
  },
  Concat: of =>
    of.every(({ shape }) => shape.length === 1)
      ? like(
          of[0]!,
          [of.reduce((total, x) => total + x.data.length, 0)],
          of.flatMap(x => [...x.data]),
        )
      : undefined,
  Transpose: ([x], node) => transposed(x!, numbers(node, 'perm', x!.shape.map((_, i) => i).reverse())),
  Slice: ([x, starts, ends, axes, steps], node) => {
    const [from, to] = [starts?.data ?? numbers(node, 'starts', []), ends?.data ?? numbers(node, 'ends', [])];
    const along = axes?.data ?? numbers(node, 'axes', [0]);
    const isOfRows = from.length === 1 && (along[0] === 0 || along[0] === -x!.shape.length);
    return isOfRows ? rows(x!, from[0]!, to[0]!, steps?.data[0] ?? 1) : undefined;
  },
  Gather: ([x, indices], node) => {
    if (x!.shape.length !== 1 || number(node, 'axis', 0) !== 0) return undefined;
    const taken = Array.from(indices!.data, i => x!.data.at(i));
    return taken.every(value => value !== undefined) ? like(x!, indices!.shape, taken) : undefined;
  },
  Shape: ([x], node) => shapeFor(node, x!.shape),
  ConstantOfShape: ([x], { attributes: { value } }) => {
    const shape = [...x!.data];
    const isShape = shape.length <= 8 && shape.every(length => length >= 0) && sizeOf(shape) <= 1024;
    const one =
      typeof value === 'object' && 'data' in value ? value : { shape: [1], data: Float32Array.of(0) };
    return isShape ? like(one, shape, Array<number>(sizeOf(shape)).fill(one.data[0]!)) : undefined;
  },
  Add: pairwise((a, b) => a + b),
  Sub: pairwise((a, b) => a - b),
  Mul: pairwise((a, b) => a * b),
  Div: pairwise((a, b, whole) => (whole ? Math.trunc(a / b) : a / b)),
  Neg: each(x => -x),
  Sqrt: each(Math.sqrt),
  Reciprocal: each(x => 1 / x),
};

/** ONNX's numbers of the types that weights, and whole numbers, can be turned to. */
const floats: ReadonlySet<number> = new Set([1, 10, 11, 16]);
const integers: ReadonlySet<number> = new Set([6, 7]);

/** What is fixed once and for all by what a node computes; undefined when that is not all it does. */
export function computed(
  node: OnnxNode,
  known: ReadonlyMap<string, Constant>,
  room: number,
): Constant | undefined {
  if (node.operation === 'Constant') return constantNode(node);
  const given = node.inputs.filter(name => name !== '');
  const inputs = given.map(name => known.get(name));
  // An input that is left out in the middle stands for a default that no operation here has.
  if (given.length === 0 || !Object.hasOwn(operations, node.operation)) return undefined;
  if (!inputs.every(input => input !== undefined)) return undefined;
  if (inputs.reduce((total, { data }) => total + data.length, 0) > Math.min(maxValues, room))
    return undefined;
  return operations[node.operation]!(inputs, node);
}

function constantNode({ attributes }: OnnxNode): Constant | undefined {
  const [[key, value] = []] = Object.entries(attributes);
  if (typeof value === 'object' && 'data' in value) return value;
  const data = typeof value === 'number' ? [value] : Array.isArray(value) ? value : undefined;
  const shape = typeof value === 'number' ? [] : [data?.length ?? 0];
  if (!data || !/^value_(float|int)s?$/.test(key!)) return undefined;
  return { shape, data: key!.startsWith('value_int') ? Float64Array.from(data) : Float32Array.from(data) };
}

/** The axes of a node: an input since opset 13, an attribute before. */
export const axesOf = (node: OnnxNode, axes: Constant | undefined): readonly number[] =>
  axes ? [...axes.data] : numbers(node, 'axes', []);

/** What `Shape` gives of this shape. */
export function shapeFor(node: OnnxNode, shape: readonly number[]): Constant {
  return vector(shape.slice(number(node, 'start', 0), number(node, 'end', shape.length)));
}

function reshaped(x: Constant, to: readonly number[]): Constant | undefined {
  const asked = to.map((length, axis) => (length === 0 ? (x.shape[axis] ?? 0) : length));
  const rest = sizeOf(asked.filter(length => length !== -1));
  const shape = asked.map(length => (length === -1 ? x.data.length / rest : length));
  const fits = shape.length <= 8 && shape.every(length => length >= 0) && sizeOf(shape) === x.data.length;
  return fits ? { shape, data: x.data } : undefined;
}

function transposed(x: Constant, order: readonly number[]): Constant | undefined {
  const isOrder = order.toSorted((a, b) => a - b).join() === x.shape.map((_, i) => i).join();
  if (!isOrder) return undefined;
  const shape = order.map(axis => x.shape[axis]!);
  const strides = order.map(axis => sizeOf(x.shape.slice(axis + 1)));
  const data = x.data.slice();
  for (let i = 0; i < data.length; i++) {
    let [rest, at] = [i, 0];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += (rest % shape[axis]!) * strides[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    data[i] = x.data[at]!;
  }
  return { shape, data };
}

/** `x[start:end:step]`, as Python means it. */
function rows(x: Constant, start: number, end: number, step: number): Constant | undefined {
  const [count, ...rest] = x.shape;
  if (count === undefined || !Number.isInteger(step) || step === 0) return undefined;
  const width = sizeOf(rest);
  const [least, most] = step < 0 ? [-1, count - 1] : [0, count];
  const at = (place: number) => Math.min(Math.max(place < 0 ? place + count : place, least), most);
  const taken: number[] = [];
  for (let i = at(start); step < 0 ? i > at(end) : i < at(end); i += step) taken.push(i);
  const values = taken.flatMap(i => [...x.data.subarray(i * width, (i + 1) * width)]);
  return like(x, [taken.length, ...rest], values);
}

function pairwise(compute: (a: number, b: number, whole: boolean) => number): Operation {
  return ([a, b]) => {
    const rank = Math.max(a!.shape.length, b!.shape.length);
    const [left, right] = [a!, b!].map(({ shape }) => [
      ...Array<number>(rank - shape.length).fill(1),
      ...shape,
    ]);
    const shape = left!.map((length, axis) => (length === 1 ? right![axis]! : length));
    const fits = [left!, right!].every(own =>
      own.every((length, axis) => length === 1 || length === shape[axis]),
    );
    if (!fits || sizeOf(shape) > maxValues) return undefined;
    const whole = isWhole(a!) && isWhole(b!);
    const data = whole ? new Float64Array(sizeOf(shape)) : new Float32Array(sizeOf(shape));
    const places = [left!, right!].map(own =>
      own.map((length, i) => (length === 1 ? 0 : sizeOf(own.slice(i + 1)))),
    );
    for (let i = 0; i < data.length; i++) {
      let [rest, from, by] = [i, 0, 0];
      for (let axis = rank - 1; axis >= 0; axis--) {
        const place = rest % shape[axis]!;
        from += place * places[0]![axis]!;
        by += place * places[1]![axis]!;
        rest = Math.floor(rest / shape[axis]!);
      }
      data[i] = compute(a!.data[from]!, b!.data[by]!, whole);
    }
    return { shape, data };
  };
}

function each(compute: (x: number) => number): Operation {
  return ([x]) => ({ shape: x!.shape, data: x!.data.map(compute) });
}
