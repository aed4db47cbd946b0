/** A .npy file, version 1 of the format, of values that are given as their bytes. */
export function npy(type: string, shape: readonly number[], bytes: Uint8Array, order = 'False'): Buffer {
  const dimensions = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${type}', 'fortran_order': ${order}, 'shape': (${dimensions}), }`;
  const padding = 64 - ((10 + text.length + 1) % 64);
  const header = Buffer.from(`${text}${' '.repeat(padding)}\n`, 'latin1');
  const start = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([start, header, bytes]);
}

/** Integers of 8 bytes, numpy's default. */
export const npyLabels = (labels: readonly number[]) =>
  npy('<i8', [labels.length], new Uint8Array(BigInt64Array.from(labels.map(BigInt)).buffer));
