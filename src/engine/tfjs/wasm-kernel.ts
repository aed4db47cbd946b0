import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf } from '../../graph/tensor.ts';

type Operands = Record<string, TensorInfo>;

/** Memory as numbers to compute with, or as words to move: numbers that are no floats would not survive as such. */
export type Numbers = Float32Array;
export type Words = Int32Array;
type View<Data> = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => Data;

/** A kernel that fills memory it is given; operands by name, the attributes as in TensorFlow.js. */
export const kernel = <Data, Attributes>(
  kernelName: string,
  View: View<Data>,
  plan: (
    operands: Operands,
    attributes: Attributes,
  ) => {
    readonly shape: readonly number[];
    readonly fill: (to: Data, from: (operand: string) => Data) => void;
  },
): KernelConfig => ({
  kernelName,
  backendName: 'wasm',
  kernelFunc: ({ inputs, backend, attrs }) => {
    const wasm = backend as BackendWasm;
    const operands = inputs as Operands;
    const { shape, fill } = plan(operands, attrs as Attributes);
    const [first] = Object.values(operands) as [TensorInfo];
    // Memory may move when it grows: it is looked up after the output has its place. All types have 32 bits.
    const output = wasm.makeOutput([...shape], first.dtype);
    const view = (of: TensorInfo) => {
      const { buffer, byteOffset } = wasm.typedArrayFromHeap(of);
      return new View(buffer, byteOffset, sizeOf(of.shape));
    };
    fill(view(output), operand => view(operands[operand]!));
    return output;
  },
});

export const copyRow = <Data extends Numbers | Words>(
  to: Data,
  at: number,
  from: Data,
  start: number,
  length: number,
) => {
  // Below this a loop is faster than a call.
  if (length > 64) to.set(from.subarray(start, start + length), at);
  else for (let i = 0; i < length; i++) to[at + i] = from[start + i]!;
};
