import { attributeTypes, elementTypes, modelMessage } from '../../src/onnx-schema.ts';

/*
 * ONNX files as other programs write them: of any opset, with attributes and tensors of every form that is read.
 */

const model = modelMessage();

/** ONNX's number for an attribute that is a tensor. */
const tensorType = 4;

export interface FileTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Lists stand for int64. */
  readonly data: Float32Array | Float64Array | Uint16Array | readonly number[];
  /** Where its bytes are, if in another file; what they are then is the caller's affair. */
  readonly external?: Readonly<Record<string, string>>;
}

export type FileAttribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly tensor: Omit<FileTensor, 'name'> };

export interface FileNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, FileAttribute>>;
}

export interface OnnxContent {
  readonly opset: number;
  readonly nodes: readonly FileNode[];
  readonly tensors: readonly FileTensor[];
  readonly inputs: Readonly<Record<string, readonly (number | string)[]>>;
  readonly outputs: readonly string[];
}

/** The bytes of the file. */
export function onnxBytes({ opset, nodes, tensors, inputs, outputs }: OnnxContent): Uint8Array {
  const port = (name: string, shape: readonly (number | string)[] | undefined) => ({
    name,
    type: {
      tensorType: {
        elemType: elementTypes.float32,
        ...(shape && {
          shape: { dim: shape.map(size => (typeof size === 'number' ? { dimValue: size } : {})) },
        }),
      },
    },
  });
  const graph = {
    name: 'net',
    node: nodes.map(({ op, inputs: input, output, attributes = {} }) => ({
      ...{ name: `${op}/${output}`, opType: op, input, output: [output] },
      attribute: Object.entries(attributes).map(([name, value]) => ({ name, ...attributeOf(value) })),
    })),
    initializer: tensors.map(tensorOf),
    input: Object.entries(inputs).map(([name, shape]) => port(name, shape)),
    output: outputs.map(name => port(name, undefined)),
  };
  return model.encode({ irVersion: 8, opsetImport: [{ domain: '', version: opset }], graph }).finish();
}

function attributeOf(value: FileAttribute): object {
  if (typeof value === 'number') return { i: value, type: attributeTypes.int };
  if (typeof value === 'string') return { s: Buffer.from(value), type: attributeTypes.string };
  if ('float' in value) return { f: value.float, type: attributeTypes.float };
  if ('floats' in value) return { floats: value.floats, type: attributeTypes.floats };
  if ('tensor' in value) return { t: tensorOf({ name: '', ...value.tensor }), type: tensorType };
  return { ints: value, type: attributeTypes.ints };
}

function tensorOf({ name, shape, data, external }: FileTensor): object {
  const typed = bytesOf(data);
  const values = external
    ? { externalData: Object.entries(external).map(([key, value]) => ({ key, value })), dataLocation: 1 }
    : { rawData: new Uint8Array(typed.buffer, typed.byteOffset, typed.byteLength) };
  return { name, dims: shape, dataType: typeOf(data), ...values };
}

const bytesOf = (data: FileTensor['data']) =>
  ArrayBuffer.isView(data) ? data : BigInt64Array.from(data as readonly number[], BigInt);

function typeOf(data: FileTensor['data']): number {
  if (data instanceof Float32Array) return elementTypes.float32;
  if (data instanceof Float64Array) return elementTypes.float64;
  return data instanceof Uint16Array ? elementTypes.float16 : elementTypes.int64;
}
