import { Failure } from '../failure.ts';
import { attributeTypes, modelMessage } from '../onnx-schema.ts';
import { excessOf } from './onnx-bounds.ts';
import {
  type Constant,
  constantOf,
  damaged,
  type External,
  placeOf,
  type RawTensor,
  whole,
} from './onnx-tensors.ts';

/** An ONNX file as far as an image classifier needs it; what it claims is checked, but not what its nodes mean. */
export interface OnnxGraph {
  /** In the order of the file, which is one of computation. */
  readonly nodes: readonly OnnxNode[];
  readonly constants: ReadonlyMap<string, Constant>;
  /** What is given at each run. Of a shape, sizes that the file leaves open are absent. */
  readonly inputs: readonly { readonly name: string; readonly shape: readonly (number | undefined)[] }[];
  readonly outputs: readonly string[];
}

export interface OnnxNode {
  readonly name: string;
  readonly operation: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** A tensor of a type that is of no use here is absent. */
  readonly attributes: Readonly<Record<string, number | string | readonly number[] | Constant>>;
}

/** Graphs inside of attributes (loops, conditions) are skipped, so that no message contains itself. */
const model = modelMessage([
  'Model.irVersion',
  'Model.producerName',
  'Model.opsetImport',
  'Graph.name',
  'Attribute.g',
  'TensorType.elemType',
]);

/* What protobuf.js makes of the messages; fields that are not there have their type's empty value. */
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

/** An ONNX file whose messages are taken apart, before the weights in other files are there. */
export interface DecodedOnnx {
  /** The names of the files that hold some of its weights, as it writes them. */
  readonly locations: readonly string[];
  graph(others: External): OnnxGraph;
}

/** Reads an ONNX file; nothing in it is executed. Throws a Failure of kind 'checkpoint' that names `file`. */
export function decodeOnnx(bytes: Uint8Array, file: string): DecodedOnnx {
  const raw = decodeGraph(bytes, file);
  if (raw.sparseInitializer.length > 0) throw damaged(file, 'dense weights', 'sparse ones');
  const ofNodes = raw.node.flatMap(({ attribute }) => attribute.flatMap(({ t }) => t ?? []));
  const places = [...raw.initializer, ...ofNodes].flatMap(tensor => placeOf(tensor) ?? []);
  return {
    locations: [...new Set(places.map(({ location }) => location))],
    graph: others => graphOf(raw, others, file),
  };
}

function graphOf(raw: RawGraph, others: External, file: string): OnnxGraph {
  const constants = new Map<string, Constant>();
  const names = new Set<string>();
  for (const tensor of raw.initializer) {
    const { name } = tensor;
    if (names.has(name)) throw damaged(file, `one tensor \`${name}\``, 'several');
    names.add(name);
    const constant = constantOf(name, tensor, others, file);
    if (constant) constants.set(name, constant);
  }
  // Files of old list their weights among the inputs too.
  const inputs = raw.input
    .filter(({ name }) => !names.has(name))
    .map(({ name, type }) => ({
      name,
      shape: (type?.tensorType?.shape?.dim ?? []).map(({ dimValue }) => whole(dimValue) || undefined),
    }));
  const nodes = raw.node.map(node => nodeOf(node, others, file));
  return { nodes, constants, inputs, outputs: raw.output.map(({ name }) => name) };
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

function nodeOf(
  { name, opType, domain, input, output, attribute }: RawNode,
  others: External,
  file: string,
): OnnxNode {
  const isOwn = domain !== '' && domain !== 'ai.onnx';
  const named = name || output[0] || opType;
  const attributes = attribute.flatMap(one => {
    const value = one.t ? constantOf(named, one.t, others, file) : attributeValue(one);
    return value === undefined ? [] : [[one.name, value] as const];
  });
  return {
    name: named,
    operation: isOwn ? `${domain}.${opType}` : opType,
    inputs: input,
    outputs: output,
    attributes: Object.fromEntries(attributes),
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
