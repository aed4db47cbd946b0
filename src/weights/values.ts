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

/**
 * The values of a strided view as a dense float32 tensor. The caller has checked that the view lies inside `bytes`.
 */
export function decode(bytes: Uint8Array, format: NumberFormat, { offset, shape, strides }: Layout): Tensor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new Float32Array(sizeOf(shape));
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
