import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeModel, type Graph, type Node } from '../../src/engine/onnx/model.ts';
import { Failure } from '../../src/failure.ts';
import { networkOf } from '../../src/networks/build.ts';
import { matchParameters } from '../../src/networks/keys.ts';
import { layersOfOnnx } from '../../src/networks/onnx/layers.ts';
import { decodeOnnx } from '../../src/weights/onnx.ts';

/** A file that has all its weights itself. */
const readOnnx = (bytes: Uint8Array, file: string) => decodeOnnx(bytes, file).graph(new Map());

const task = { classes: 2, input: [3, 8, 8] } as const;

/** Everything that is done with an ONNX file before it is a network with weights. */
function load(bytes: Uint8Array) {
  const { layers, tensors } = layersOfOnnx(readOnnx(bytes, 'net.onnx'), 'net.onnx', task);
  return matchParameters(networkOf({ name: 'net', layers }, task), tensors, 'net.onnx');
}

const node = (
  opType: string,
  input: string[],
  output: string,
  attributes: Node['attributes'] = {},
): Node => ({
  opType,
  input,
  output: [output],
  attributes,
});
const filters = { name: 'w', shape: [2, 3, 3, 3], data: new Float32Array(54).fill(0.5) };
const port = (name: string, shape: number[]) => ({ name, shape, type: 'float32' as const });

/** A convolution, `between`, and the mean. */
const graphWith = (between: Node[], last: string, attributes: Node['attributes'] = {}): Graph => ({
  name: 'net',
  nodes: [
    node('Conv', ['x', 'w'], 'c', attributes),
    ...between,
    node('GlobalAveragePool', [last], 'a'),
    node('Flatten', ['a'], 'y'),
  ],
  initializers: [filters],
  inputs: [port('x', [1, 3, 8, 8])],
  outputs: [port('y', [1, 2])],
});

const refusal = (graph: Graph) => {
  try {
    load(encodeModel(graph));
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
  throw new Error('Expected a failure, got none');
};

test('what no output depends on is of no concern', () => {
  const large = { name: 'indices', shape: [2000], data: new BigInt64Array(2000) };
  const unused = [node('HardSwish', ['c'], 'h'), node('TopK', ['h', 'indices'], 't')];
  const graph = graphWith([...unused, node('Relu', ['c'], 'r')], 'r');
  expect([...load(encodeModel({ ...graph, initializers: [filters, large] })).keys()]).toEqual(['c.weight']);
});

test('a network is read with its weights', () => {
  expect([...load(encodeModel(graphWith([node('Relu', ['c'], 'r')], 'r'))).keys()]).toEqual(['c.weight']);
});

describe('what is none of ours is refused by its name and place', () => {
  test('an operation', () => {
    const message = refusal(graphWith([node('HardSwish', ['c'], 'h')], 'h'));
    expect(message).toContain('net.onnx: expected node `h` (HardSwish) to have an operation out of Conv, ');
    expect(message).toContain(', got HardSwish');
  });

  test.each([
    [{ group: 3 }, '`group` 1, got 3'],
    [{ dilations: [2, 2] }, '`dilations` 1, got 2,2'],
    [{ strides: [1, 2] }, '`strides` alike on all sides, got [1,2]'],
    [{ strides: [0, 0] }, '`strides` from 1 to 255, got [0,0]'],
    [{ pads: [0, 0, 1, 1] }, '`pads` alike on all sides, got [0,0,1,1]'],
    [
      { auto_pad: 'SAME_UPPER', strides: [2, 2] },
      '`auto_pad` SAME_UPPER only where that is as many zeros on all sides, got 1 and 1 along the sides of [8,8]',
    ],
  ])('a convolution with %o', (attributes, expected) => {
    expect(refusal(graphWith([], 'c', attributes))).toBe(
      `net.onnx: expected node \`c\` (Conv) to have ${expected}`,
    );
  });

  const integers = (name: string, ...values: number[]) => ({
    ...{ name, shape: [values.length], data: BigInt64Array.from(values, BigInt) },
  });
  /** Shortcut A behind the convolution. */
  const shortcut = (attributes: Node['attributes'], ...more: string[]) => {
    const slice = node('Slice', ['c', 'starts', 'ends', 'axes', 'steps'], 's');
    const graph = graphWith([slice, node('Pad', ['s', 'pads', ...more], 'p', attributes)], 'p');
    const last = 2 ** 31 - 1;
    const numbers = [
      ...[integers('starts', 0, 0), integers('ends', last, last), integers('axes', 2, 3)],
      ...[integers('steps', 2, 2), integers('pads', 0, 1, 0, 0, 0, 1, 0, 0)],
    ];
    return { ...graph, initializers: [filters, ...numbers] };
  };

  test('zero channels that are none', () => {
    expect(refusal(shortcut({ mode: 'constant' }))).toMatch(/one value for each of 2 classes, got \[4\]$/);
    expect(refusal(shortcut({ mode: 'reflect' }))).toBe(
      'net.onnx: expected node `p` (Pad) to have `mode` constant, got reflect',
    );
    // Of the axes 2 and 3 the first two of the pads.
    expect(refusal(shortcut({}, '', 'axes'))).toBe(
      'net.onnx: expected node `p` (Pad) to have as many zeros on all sides of rows and columns, or as many zero channels before and after every second pixel, got pads [0,0,0,1,0,0,0,0]',
    );
  });

  test('another size of images', () => {
    expect(refusal({ ...graphWith([], 'c'), inputs: [port('x', [1, 3, 16, 16])] })).toBe(
      'Expected net.onnx to take images [n, 3, 8, 8], those of the data set, got [1, 3, 16, 16]',
    );
  });

  test.each([
    [[1, 8, 8, 3], /^It takes its channels last: convert it to channels first/],
    [[1, 1, 8, 8], /^It takes images of one channel, and data sets have colours: /],
    [[1, 8, 8, 1], /^It takes images of one channel, and data sets have colours: /],
    [[1, 3, 9, 9], /^Export the network for images of this size, or with open sizes/],
  ])('images %o, with what to do', (shape, hint) => {
    const graph = { ...graphWith([], 'c'), inputs: [port('x', shape)] };
    expect(() => load(encodeModel(graph))).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(hint) }),
    );
  });

  test.each([
    ['Softmax', 'Export the network without a softmax: its logits are wanted.'],
    ['DequantizeLinear', 'Export the network as it was before it was quantised.'],
    ['Loop', 'Export the network by tracing, for one path through it.'],
  ])('%s, with what to do', (operation, hint) => {
    const graph = graphWith([node(operation, ['c'], 's')], 's');
    expect(() => load(encodeModel(graph))).toThrow(expect.objectContaining({ hint }));
  });

  test('a ReLU that ends at 6', () => {
    const end = (name: string, value: number) => ({ name, shape: [], data: Float32Array.of(value) });
    const graph = graphWith([node('Clip', ['c', 'least', 'most'], 'r')], 'r');
    expect(refusal({ ...graph, initializers: [filters, end('least', 0), end('most', 6)] })).toBe(
      'net.onnx: expected node `r` (Clip) to have a minimum of 0 and no maximum, as a ReLU, got 0 and 6',
    );
  });

  test('layers of two shapes that are added', () => {
    const pool = node('MaxPool', ['c'], 'm', { kernel_shape: [2, 2], strides: [2, 2] });
    expect(refusal(graphWith([pool, node('Add', ['c', 'm'], 's')], 's'))).toBe(
      'net.onnx: expected node `s` (Add) to have layers of one shape to add, got [2,6,6] and [2,3,3]',
    );
  });

  test('a second output', () => {
    const outputs = [port('y', [1, 2]), port('a', [1, 2, 1, 1])];
    expect(refusal({ ...graphWith([], 'c'), outputs })).toBe(
      'Expected net.onnx to have one output, the logits, got y, a',
    );
  });

  test('another number of classes', () => {
    const wider = { ...filters, shape: [6, 1, 3, 3] };
    expect(refusal({ ...graphWith([], 'c'), initializers: [wider] })).toBe(
      'Expected net to end with one value for each of 2 classes, got [6]',
    );
  });

  test('more nodes than a network has', () => {
    const relus = Array.from({ length: 20_001 }, (_, i) => node('Relu', ['c'], `r${i}`));
    expect(refusal(graphWith(relus, 'c'))).toBe(
      'Expected net.onnx to be an ONNX file with at most 20000 nodes, got 20004',
    );
  });
});

/** A field of protobuf's wire format with `body` as its content. */
function field(id: number, body: Uint8Array): Buffer {
  const length: number[] = [];
  for (let rest = body.length; ; rest >>>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) break;
  }
  return Buffer.concat([Buffer.from([id * 8 + 2, ...length]), body]);
}

describe('a file that would take many times its bytes is refused before it is decoded', () => {
  const million = 1_000_001;
  const empty = (id: number) => Buffer.alloc(2 * million, Buffer.from([id * 8 + 2, 0]));
  const ones = Buffer.alloc(million, 1);
  test.each([
    ['inputs', empty(11)],
    ['tensors', empty(5)],
    ['attributes of a node', field(1, empty(5))],
    ['integers of an attribute', field(1, field(5, field(8, ones)))],
    ['sizes of a tensor', field(5, field(1, ones))],
    ['integers of a tensor', field(5, field(7, ones))],
  ])('a million %s', (_, graph) => {
    expect(() => readOnnx(field(7, graph), 'net.onnx')).toThrow(
      'Expected net.onnx to be an ONNX file with at most 1000000 fields and integers, got 10000',
    );
  });

  test('names of many bytes', () => {
    const long = field(7, field(2, Buffer.alloc(2 ** 25, 'a')));
    expect(() => readOnnx(long, 'net.onnx')).toThrow('at most 33554432 bytes besides its weights, got 33554');
  });
});

test('graphs inside of attributes are skipped, however deep', () => {
  const nested = Array.from({ length: 200 }).reduce<Buffer>(
    graph => field(1, field(5, field(6, graph))),
    Buffer.alloc(0),
  );
  expect(readOnnx(field(7, nested), 'net.onnx').nodes).toHaveLength(1);
});

/** Whatever the bytes, they give a network or a Failure. */
function outcome(bytes: Uint8Array): void {
  try {
    load(bytes);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

const kept = readFileSync(new URL('../fixtures/onnx/kept.onnx', import.meta.url));

test('a file that is cut short is noticed', () => {
  for (let length = 0; length < kept.length; length += 97) {
    expect(() => readOnnx(kept.subarray(0, length), 'net.onnx')).toThrow(Failure);
  }
});

test('a file with changed bytes gives a network or a failure', () => {
  const changes = fc.array(fc.tuple(fc.nat(kept.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(changes, places => {
      const bytes = Buffer.from(kept);
      for (const [at, value] of places) bytes[at] = value;
      outcome(bytes);
    }),
    { numRuns: 300 },
  );
});

test('bytes that are no ONNX at all are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      expect(() => load(bytes)).toThrow(Failure);
    }),
  );
});
