import { Failure } from '../failure.ts';
import { sizeOf, type Tensor } from '../graph/tensor.ts';
import { attributeTypes, elementTypes, modelMessage } from '../onnx-schema.ts';
import { excessOf } from './onnx-bounds.ts';
import { contiguous, decode, formats, type NumberFormat } from './values.ts';

/** An ONNX file as far as an image classifier needs it; what it claims is checked, but not what its nodes mean. */
export interface OnnxGraph {
  /** In the order of the file, which is one of computation. */
  readonly nodes: readonly OnnxNode[];
  /** Fixed tensors of floating point numbers. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Fixed integers: shapes, axes, pads. */
  readonly integers: ReadonlyMap<string, Integers>;
  /** What is given at each run. Of a shape, sizes that the file leaves open are absent. */
  readonly inputs: readonly { readonly name: string; readonly shape: readonly (number | undefined)[] }[];
  readonly outputs: readonly string[];
}

/** A small tensor of integers. */
export interface Integers {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export interface OnnxNode {
  readonly name: string;
  readonly operation: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, number | string | readonly number[]>>;
}

const maxDimensions = 8;

const floating: Readonly<Record<number, NumberFormat>> = {
  [elementTypes.float32]: formats.float32,
  [elementTypes.float16]: formats.float16,
  [elementTypes.float64]: formats.float64,
  [elementTypes.bfloat16]: formats.bfloat16,
};
const integral: Readonly<Record<number, NumberFormat>> = {
  [elementTypes.int32]: formats.int32,
  [elementTypes.int64]: formats.int64,
};

/** Graphs inside of attributes (loops, conditions) are skipped, so that no message contains itself. */
const model = modelMessage([
  'Model.irVersion',
  'Model.producerName',
  'Model.opsetImport',
  'Graph.name',
  'Attribute.g',
  'TensorType.elemType',
]);

/** What protobuf.js makes of the messages; fields that are not there have their type's empty value. */
interface RawTensor {
  readonly name: string;
  readonly dims: readonly unknown[];
  readonly dataType: number;
  readonly floatData: readonly number[];
  readonly int32Data: readonly number[];
  readonly int64Data: readonly unknown[];
  readonly doubleData: readonly number[];
  readonly rawData: Uint8Array;
  readonly dataLocation: number;
}
interface RawAttribute {
  readonly name: string;
  readonly type: number;
  readonly f: number;
  readonly i: unknown;
  readonly s: Uint8Array;
  readonly t: RawTensor | null;
  readonly floats: readonly number[];
  readonly ints: readonly unknown[];
}
interface RawNode {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly RawAttribute[];
}
interface RawValue {
  readonly name: string;
  readonly type: { tensorType: { shape: { dim: readonly { dimValue: unknown }[] } | null } | null } | null;
}
interface RawGraph {
  readonly node: readonly RawNode[];
  readonly initializer: readonly RawTensor[];
  readonly input: readonly RawValue[];
  readonly output: readonly RawValue[];
  readonly sparseInitializer: readonly unknown[];
}

/** Reads an ONNX file; nothing in it is executed. Throws a Failure of kind 'checkpoint' that names `file`. */
export function readOnnx(bytes: Uint8Array, file: string): OnnxGraph {
  const graph = decodeGraph(bytes, file);
  if (graph.sparseInitializer.length > 0) throw damaged(file, 'dense weights', 'sparse ones');
  const tensors = new Map<string, Tensor>();
  const integers = new Map<string, Integers>();
  const keep = (name: string, tensor: RawTensor) => {
    if (tensors.has(name) || integers.has(name)) throw damaged(file, `one tensor \`${name}\``, 'several');
    if (Object.hasOwn(floating, tensor.dataType)) tensors.set(name, floatsOf(name, tensor, file));
    else if (Object.hasOwn(integral, tensor.dataType)) integers.set(name, integersOf(name, tensor, file));
  };
  for (const tensor of graph.initializer) keep(tensor.name, tensor);
  const nodes: OnnxNode[] = [];
  for (const node of graph.node) {
    const constant = node.opType === 'Constant' ? node.attribute.find(({ t }) => t) : undefined;
    if (constant) keep(node.output[0] ?? '', constant.t!);
    else nodes.push(nodeOf(node));
  }
  const inputs = graph.input
    .filter(({ name }) => !tensors.has(name) && !integers.has(name))
    .map(({ name, type }) => ({
      name,
      shape: (type?.tensorType?.shape?.dim ?? []).map(({ dimValue }) => whole(dimValue) || undefined),
    }));
  return { nodes, tensors, integers, inputs, outputs: graph.output.map(({ name }) => name) };
}

function decodeGraph(bytes: Uint8Array, file: string): RawGraph {
  try {
    const excess = excessOf(bytes, model);
    if (excess) throw damaged(file, excess.expected, excess.found);
    const { graph } = model.decode(bytes) as unknown as { graph: RawGraph | null };
    if (graph) return graph;
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw damaged(file, 'whole messages', `\`${(error as Error).message}\``);
  }
  throw damaged(file, 'a graph', 'none');
}

function nodeOf({ name, opType, domain, input, output, attribute }: RawNode): OnnxNode {
  const isOwn = domain !== '' && domain !== 'ai.onnx';
  return {
    name: name || output[0] || opType,
    operation: isOwn ? `${domain}.${opType}` : opType,
    inputs: input,
    outputs: output,
    attributes: Object.fromEntries(attribute.map(one => [one.name, attributeValue(one)])),
  };
}

/** By the attribute's own type; older files leave it out. */
function attributeValue({ type, f, i, s, floats, ints }: RawAttribute): number | string | readonly number[] {
  if (type === attributeTypes.float) return f;
  if (type === attributeTypes.string) return Buffer.from(s).toString('utf8');
  if (type === attributeTypes.floats || floats.length > 0) return floats;
  if (type === attributeTypes.ints || ints.length > 0) return ints.map(whole);
  return type === attributeTypes.int
    ? whole(i)
    : (s.length > 0 && Buffer.from(s).toString('utf8')) || f || whole(i);
}

/** int64 comes as a number, or as an object where there is a library for them; beyond 2^53 it is no size of anything. */
const whole = (value: unknown): number => Number(String(value ?? 0));

function shapeOf(name: string, { dims, dataLocation }: RawTensor, file: string): number[] {
  if (dataLocation !== 0) {
    throw new Failure(
      'checkpoint',
      `Expected ${file} to hold its weights itself, but those of \`${name}\` are in another file`,
      'Export the network again with its weights inside (`external_data=False`).',
    );
  }
  const shape = dims.map(whole);
  const isShape = shape.every(length => Number.isSafeInteger(length) && length >= 0);
  if (!isShape || shape.length > maxDimensions)
    throw damaged(file, `tensor \`${name}\` to have a shape of at most ${maxDimensions} sizes`, `[${shape}]`);
  return shape;
}

function floatsOf(name: string, tensor: RawTensor, file: string): Tensor {
  const shape = shapeOf(name, tensor, file);
  const format = floating[tensor.dataType]!;
  if (tensor.rawData.length > 0 || sizeOf(shape) === 0) {
    checkLength(name, tensor.rawData.length, sizeOf(shape) * format.bytes, 'bytes', file);
    return decode(tensor.rawData, format, { offset: 0, shape, strides: contiguous(shape) });
  }
  const listed = format === formats.float64 ? tensor.doubleData : tensor.floatData;
  checkLength(name, listed.length, sizeOf(shape), 'numbers', file);
  return { shape, data: Float32Array.from(listed) };
}

/** More numbers than a shape or a list of axes has are none that is used. */
const maxIntegers = 1024;

function integersOf(name: string, tensor: RawTensor, file: string): Integers {
  const shape = shapeOf(name, tensor, file);
  const format = integral[tensor.dataType]!;
  const size = sizeOf(shape);
  if (size > maxIntegers)
    throw damaged(file, `at most ${maxIntegers} integers in tensor \`${name}\``, `${size}`);
  if (tensor.rawData.length > 0) {
    checkLength(name, tensor.rawData.length, size * format.bytes, 'bytes', file);
    const { data } = decode(tensor.rawData, format, { offset: 0, shape, strides: contiguous(shape) });
    return { shape, values: [...data] };
  }
  const listed = format === formats.int64 ? tensor.int64Data : tensor.int32Data;
  checkLength(name, listed.length, size, 'numbers', file);
  return { shape, values: listed.map(whole) };
}

function checkLength(name: string, found: number, expected: number, of: string, file: string): void {
  if (found !== expected) throw damaged(file, `${expected} ${of} in tensor \`${name}\``, `${found}`);
}

function damaged(file: string, expected: string, found: string): Failure {
  return new Failure(
    'checkpoint',
    `Expected ${file} to be an ONNX file with ${expected}, got ${found}`,
    'The file is damaged or of another format: get it or export it again.',
  );
}
