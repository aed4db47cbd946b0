import protobuf from 'protobufjs/light.js';

/**
 * The part of the ONNX file format (onnx.proto, IR version 10) that tensor programs need, as a protobuf.js schema.
 * Field numbers are the format's own.
 */
const schema = protobuf.Root.fromJSON({
  nested: {
    Model: message({
      irVersion: [1, 'int64'],
      producerName: [2, 'string'],
      graph: [7, 'Graph'],
      opsetImport: [8, 'OperatorSet', 'repeated'],
    }),
    OperatorSet: message({ domain: [1, 'string'], version: [2, 'int64'] }),
    Graph: message({
      node: [1, 'Node', 'repeated'],
      name: [2, 'string'],
      initializer: [5, 'Tensor', 'repeated'],
      input: [11, 'ValueInfo', 'repeated'],
      output: [12, 'ValueInfo', 'repeated'],
    }),
    Node: message({
      input: [1, 'string', 'repeated'],
      output: [2, 'string', 'repeated'],
      name: [3, 'string'],
      opType: [4, 'string'],
      attribute: [5, 'Attribute', 'repeated'],
      domain: [7, 'string'],
    }),
    Attribute: message({
      name: [1, 'string'],
      f: [2, 'float'],
      i: [3, 'int64'],
      s: [4, 'bytes'],
      g: [6, 'Graph'],
      ints: [8, 'int64', 'repeated'],
      type: [20, 'int32'],
    }),
    Tensor: message({
      dims: [1, 'int64', 'repeated'],
      dataType: [2, 'int32'],
      name: [8, 'string'],
      rawData: [9, 'bytes'],
    }),
    ValueInfo: message({ name: [1, 'string'], type: [2, 'Type'] }),
    Type: message({ tensorType: [1, 'TensorType'] }),
    TensorType: message({ elemType: [1, 'int32'], shape: [2, 'Shape'] }),
    Shape: message({ dim: [1, 'Dimension', 'repeated'] }),
    Dimension: message({ dimValue: [1, 'int64'] }),
  },
});

function message(fields: Record<string, [id: number, type: string, rule?: 'repeated']>): protobuf.IType {
  return {
    fields: Object.fromEntries(
      Object.entries(fields).map(([name, [id, type, rule]]) => [
        name,
        rule ? { id, type, rule } : { id, type },
      ]),
    ),
  };
}

/** ONNX's numbers for the types of elements in use. */
export const dataTypes = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;

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
  readonly type: keyof typeof dataTypes;
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
  const model = { irVersion: 10, producerName: 'nern-sweep', opsetImport, graph: encodeGraph(graph) };
  return schema.lookupType('Model').encode(model).finish();
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
  if (data instanceof Float32Array) return dataTypes.float32;
  return data instanceof Int32Array ? dataTypes.int32 : dataTypes.int64;
}

function encodePort({ name, shape, type }: Port) {
  const dim = shape.map(dimValue => ({ dimValue }));
  return { name, type: { tensorType: { elemType: dataTypes[type], shape: { dim } } } };
}

function encodeAttribute(name: string, attribute: Attribute) {
  if (typeof attribute === 'number') return { name, i: attribute, type: 2 };
  if (typeof attribute === 'string') return { name, s: Buffer.from(attribute), type: 3 };
  if ('float' in attribute) return { name, f: attribute.float, type: 1 };
  if ('graph' in attribute) return { name, g: encodeGraph(attribute.graph), type: 5 };
  return { name, ints: attribute, type: 7 };
}
