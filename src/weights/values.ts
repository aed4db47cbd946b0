import { sizeOf, type Tensor } from '../graph/tensor.ts';

/** A number format of checkpoints; each is converted to float32, the one format of this program. */
export interface NumberFormat {
  readonly name: string;
  readonly bytes: number;
  read(view: DataView, offset: number): number;
}

const format = (name: string, bytes: number, read: NumberFormat['read']): NumberFormat => ({
  name,
  bytes,
  read,
});

/** All formats are little-endian, as both safetensors and PyTorch write them on every machine in use. */
export const formats = {
  float64: format('float64', 8, (view, offset) => view.getFloat64(offset, true)),
  float32: format('float32', 4, (view, offset) => view.getFloat32(offset, true)),
  float16: format('float16', 2, (view, offset) => half(view.getUint16(offset, true))),
  bfloat16: format('bfloat16', 2, (view, offset) => bfloat(view.getUint16(offset, true))),
  int64: format('int64', 8, (view, offset) => Number(view.getBigInt64(offset, true))),
  int32: format('int32', 4, (view, offset) => view.getInt32(offset, true)),
  int16: format('int16', 2, (view, offset) => view.getInt16(offset, true)),
  int8: format('int8', 1, (view, offset) => view.getInt8(offset)),
  uint64: format('uint64', 8, (view, offset) => Number(view.getBigUint64(offset, true))),
  uint32: format('uint32', 4, (view, offset) => view.getUint32(offset, true)),
  uint16: format('uint16', 2, (view, offset) => view.getUint16(offset, true)),
  uint8: format('uint8', 1, (view, offset) => view.getUint8(offset)),
  bool: format('bool', 1, (view, offset) => (view.getUint8(offset) === 0 ? 0 : 1)),
} as const;

/** IEEE 754 binary16. */
function half(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits >> 15 ? -1 : 1;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const word = new DataView(new ArrayBuffer(4));

/** bfloat16 is the upper half of a float32. */
function bfloat(bits: number): number {
  word.setUint32(0, bits << 16);
  return word.getFloat32(0);
}

/** Where the values of a tensor lie among its bytes; offset and strides count values, not bytes. */
export interface Layout {
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Row-major strides. */
export function contiguous(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** Whether numbers in memory are as in files, so that they need not be taken apart. */
const isLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/**
 * The values of a strided view as a dense float32 tensor: of the bytes themselves where they are just that, else a copy.
 * The caller has checked that the view lies inside `bytes`, and leaves these as they are.
 */
export function decode(bytes: Uint8Array, format: NumberFormat, { offset, shape, strides }: Layout): Tensor {
  const size = sizeOf(shape);
  const isDense = strides.join() === contiguous(shape).join();
  if (isDense && isLittleEndian && format === formats.float32)
    return { shape, data: floatsAt(bytes, 4 * offset, size) };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new Float32Array(size);
  const index = shape.map(() => 0);
  let at = offset;
  for (let i = 0; i < data.length; i++) {
    data[i] = format.read(view, at * format.bytes);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      index[axis]!++;
      if (index[axis]! < shape[axis]!) break;
      at -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return { shape, data };
}

/** Floats of this machine's byte order, in place where they are aligned. */
function floatsAt(bytes: Uint8Array, from: number, size: number): Float32Array {
  const start = bytes.byteOffset + from;
  if (start % 4 === 0) return new Float32Array(bytes.buffer, start, size);
  return new Float32Array(new Uint8Array(bytes.subarray(from, from + 4 * size)).buffer);
}
