import type { Tensor } from '../graph/tensor.ts';
import { formats, type NumberFormat } from './values.ts';

/** A tensor as a file holds it: its values row-major, little-endian. */
export interface StoredTensor {
  readonly dtype: keyof typeof storedFormats;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** The number formats that are written, by their names in safetensors. */
export const storedFormats = {
  F32: formats.float32,
  I64: formats.int64,
  U8: formats.uint8,
} as const satisfies Record<string, NumberFormat>;

/** The tensor as it is stored: float32 unless it says otherwise. */
export function storedTensor(tensor: Tensor | StoredTensor): StoredTensor {
  if (!('data' in tensor)) return tensor;
  const { shape, data } = tensor;
  const bytes = new Uint8Array(4 * data.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of data.entries()) view.setFloat32(4 * i, value, true);
  return { dtype: 'F32', shape, bytes };
}

/** Whole numbers as int64. */
export function storedIntegers({ shape, data }: Tensor): StoredTensor {
  const bytes = new Uint8Array(8 * data.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of data.entries()) view.setBigInt64(8 * i, BigInt(Math.trunc(value)), true);
  return { dtype: 'I64', shape, bytes };
}
