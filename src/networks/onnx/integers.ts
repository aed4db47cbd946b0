import type { Integers, OnnxNode } from '../../weights/onnx.ts';

/*
 * Exporters write shapes and pads as what computes them. Here they are computed: small tensors of integers, NaN where the
 * size of a batch or an image is meant.
 */

/** What has to be known of a node's inputs: integers by name, or nothing. */
export type Known = ReadonlyMap<string, Integers>;

const vector = (values: readonly number[]): Integers => ({ shape: [values.length], values });

const pairwise =
  (compute: (a: number, b: number) => number) =>
  ([a, b]: readonly Integers[]): Integers => {
    const [x, y] = [a!.values, b!.values];
    const values = Array.from({ length: Math.max(x.length, y.length) }, (_, i) =>
      compute(x[i % x.length]!, y[i % y.length]!),
    );
    return { shape: x.length >= y.length ? a!.shape : b!.shape, values };
  };

const operations: Readonly<
  Record<string, (of: readonly Integers[], node: OnnxNode) => Integers | undefined>
> = {
  Identity: ([x]) => x,
  Cast: ([x]) => x,
  Squeeze: ([x]) => ({ shape: x!.shape.filter(length => length !== 1), values: x!.values }),
  Unsqueeze: ([x]) => (x!.shape.length === 0 ? vector(x!.values) : undefined),
  Concat: of => vector(of.flatMap(({ values }) => values)),
  Reshape: ([x, { values } = vector([])]) => {
    const known = values.filter(length => length !== -1).reduce((product, length) => product * length, 1);
    return {
      shape: values.map(length => (length === -1 ? x!.values.length / known : length)),
      values: x!.values,
    };
  },
  Transpose: ([x]) => {
    const [rows, columns] = x!.shape as [number, number];
    if (x!.shape.length !== 2) return undefined;
    const values = x!.values.map((_, i) => x!.values[(i % rows) * columns + Math.floor(i / rows)]!);
    return { shape: [columns, rows], values };
  },
  Slice: ([x, starts, ends, axes, steps]) => {
    const [start, end, step] = [starts!.values[0]!, ends!.values[0]!, steps?.values[0] ?? 1];
    if (starts!.values.length !== 1 || (axes?.values[0] ?? 0) !== 0) return undefined;
    const [rows, ...rest] = x!.shape as [number, ...number[]];
    const width = rest.reduce((product, length) => product * length, 1);
    const at = (place: number) => Math.min(Math.max(place < 0 ? place + rows : place, -1), rows);
    const kept: number[] = [];
    const stop = step < 0 ? Math.max(at(end), -1) : at(end);
    for (
      let i = step < 0 ? Math.min(at(start), rows - 1) : at(start);
      step < 0 ? i > stop : i < stop;
      i += step
    )
      kept.push(i);
    return {
      shape: [kept.length, ...rest],
      values: kept.flatMap(i => x!.values.slice(i * width, (i + 1) * width)),
    };
  },
  Gather: ([x, indices]) => ({
    shape: indices!.shape,
    values: indices!.values.map(i => x!.values[i < 0 ? i + x!.values.length : i] ?? Number.NaN),
  }),
  ConstantOfShape: ([x]) => {
    const [length = 0] = x!.values;
    return length >= 0 && length <= maxLength ? vector(Array<number>(length).fill(0)) : undefined;
  },
  Add: pairwise((a, b) => a + b),
  Sub: pairwise((a, b) => a - b),
  Mul: pairwise((a, b) => a * b),
  Div: pairwise((a, b) => Math.trunc(a / b)),
};

/** No list of pads or sizes is longer. */
const maxLength = 64;

/** What a node computes of integers alone, or of the shape of an image; undefined when that is not all it does. */
export function integersOf(node: OnnxNode, known: Known): Integers | undefined {
  if (node.operation === 'Shape') {
    const of = known.get(node.inputs[0]!);
    return vector(of ? of.shape : Array<number>(4).fill(Number.NaN));
  }
  const inputs = node.inputs.filter(name => name !== '').map(name => known.get(name));
  if (!Object.hasOwn(operations, node.operation) || inputs.length === 0) return undefined;
  if (!inputs.every(input => input !== undefined)) return undefined;
  const result = operations[node.operation]!(inputs, node);
  return result && result.values.length <= maxLength ? result : undefined;
}
