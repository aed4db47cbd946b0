import { attributeTypes, elementTypes, modelMessage } from '../../onnx-schema.ts';

const model = modelMessage();

export type Attribute =
  | number
  | readonly number[]
  | string
  | { readonly float: number }
  | { readonly graph: Graph };

export interface Node {
  readonly opType: string;
  readonly domain?: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export interface Initializer {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array;
}

export interface Port {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: keyof typeof elementTypes;
}

export interface Graph {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly initializers: readonly Initializer[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** The bytes of an .onnx file. */
export function encodeModel(graph: Graph): Uint8Array {
  const opsetImport = [
    { domain: '', version: 21 },
    { domain: 'com.microsoft', version: 1 },
    { domain: 'com.microsoft.nchwc', version: 1 },
  ];
  const content = { irVersion: 10, producerName: 'nern-sweep', opsetImport, graph: encodeGraph(graph) };
  return model.encode(content).finish();
}

function encodeGraph({ name, nodes, initializers, inputs, outputs }: Graph): object {
  return {
    name,
    node: nodes.map(({ attributes, ...node }) => ({
      ...node,
      name: node.output[0],
      attribute: Object.entries(attributes).map(([name, attribute]) => encodeAttribute(name, attribute)),
    })),
    initializer: initializers.map(({ name, shape, data }) => ({
      name,
      dims: shape,
      dataType: typeOf(data),
      rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    })),
    input: inputs.map(encodePort),
    output: outputs.map(encodePort),
  };
}

function typeOf(data: Initializer['data']): number {
  if (data instanceof Float32Array) return elementTypes.float32;
  return data instanceof Int32Array ? elementTypes.int32 : elementTypes.int64;
}

function encodePort({ name, shape, type }: Port) {
  const dim = shape.map(dimValue => ({ dimValue }));
  return { name, type: { tensorType: { elemType: elementTypes[type], shape: { dim } } } };
}

function encodeAttribute(name: string, attribute: Attribute) {
  if (typeof attribute === 'number') return { name, i: attribute, type: attributeTypes.int };
  if (typeof attribute === 'string') return { name, s: Buffer.from(attribute), type: attributeTypes.string };
  if ('float' in attribute) return { name, f: attribute.float, type: attributeTypes.float };
  if ('graph' in attribute) return { name, g: encodeGraph(attribute.graph), type: attributeTypes.graph };
  return { name, ints: attribute, type: attributeTypes.ints };
}
