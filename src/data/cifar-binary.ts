import { datasets } from '../catalogue/datasets.ts';
import { Failure } from '../failure.ts';

/** Rows, and columns, of an image. */
export const cifarSide = datasets.cifar10.side;
/** Values of an image. */
export const cifarValues = 3 * cifarSide * cifarSide;

/** The images of one file. */
export interface CifarPart {
  /** [n, 3, 32, 32] */
  readonly pixels: Uint8Array;
  /** [n] */
  readonly labels: Uint8Array;
}

/**
 * A file of the binary version: records of `labelBytes` label bytes, the last of which counts (CIFAR-100 has the
 * coarse one before it), and 3072 bytes of planar pixels.
 */
export function readCifarBinary(bytes: Uint8Array, file: string, labelBytes: 1 | 2): CifarPart {
  const record = labelBytes + cifarValues;
  const count = Math.floor(bytes.length / record);
  if (count === 0 || bytes.length % record !== 0) {
    throw new Failure(
      'data',
      `Expected the size of ${file} to be a multiple of ${record} bytes (one record), got ${bytes.length} bytes`,
      'The file is cut short or of another data set: get it again.',
    );
  }
  const pixels = new Uint8Array(count * cifarValues);
  const labels = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const start = i * record + labelBytes;
    labels[i] = bytes[start - 1]!;
    pixels.set(bytes.subarray(start, start + cifarValues), i * cifarValues);
  }
  return { pixels, labels };
}
