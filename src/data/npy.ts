import { Failure } from '../failure.ts';
import { readRange, sizeOfFile } from '../files/read.ts';

/** An array of numpy as a file describes it, before its values are read. */
export interface NpyArray {
  /** The file, and the entry of an archive where it is one: for messages. */
  readonly name: string;
  /** Type of the values in numpy's words, `|u1` or `<i8`. */
  readonly type: string;
  readonly shape: readonly number[];
  /** Bytes `from`..`from + length - 1` of the values, in row-major order. */
  read(from: number, length: number): Promise<Buffer>;
}

/** Where the bytes of an array lie. */
export interface NpyBytes {
  readonly name: string;
  readonly size: number;
  read(from: number, length: number): Promise<Buffer>;
}

const magic = Buffer.from('\x93NUMPY', 'latin1');
/** numpy itself refuses to evaluate a longer header than this. */
const maxHeaderBytes = 10_000;
/** numpy's own limit. */
const maxDimensions = 32;

/** The array in a .npy file. Throws a Failure of kind 'data'. */
export async function openNpy(file: string): Promise<NpyArray> {
  const size = await sizeOfFile(file, 'data');
  return describeNpy({ name: file, size, read: (from, length) => readRange(file, from, length, 'data') });
}

/**
 * Reads the header of the .npy format, versions 1 to 3: magic, version, length, and a Python dictionary, of which only
 * the form that numpy writes is understood; nothing is evaluated. Throws a Failure of kind 'data' for what is no such
 * array, is in column-major order, or has fewer bytes than its shape says.
 */
export async function describeNpy({ name, size, read }: NpyBytes): Promise<NpyArray> {
  const fail = (expected: string, got: string) =>
    new Failure(
      'data',
      `Expected ${name} to be ${expected}, got ${got}`,
      'Write it with numpy.save of an array in C order.',
    );
  const start = await read(0, Math.min(12, size));
  if (start.length < 12 || !start.subarray(0, magic.length).equals(magic)) {
    throw fail('an array of numpy (.npy)', 'another kind of file');
  }
  const version = start[6]!;
  if (version < 1 || version > 3) throw fail('of version 1, 2 or 3 of the .npy format', `\`${version}\``);
  const [at, length] = version === 1 ? [10, start.readUInt16LE(8)] : [12, start.readUInt32LE(8)];
  if (length > maxHeaderBytes || at + length > size) {
    throw fail(`an array with a header of at most ${maxHeaderBytes} bytes`, `${length}`);
  }
  const header = (await read(at, length)).toString('latin1');
  const type = /'descr': *'([^']{1,16})'/.exec(header)?.[1];
  const order = /'fortran_order': *(True|False)/.exec(header)?.[1];
  const dimensions = /'shape': *\(([\d, ]*)\)/.exec(header)?.[1];
  if (type === undefined || order === undefined || dimensions === undefined) {
    throw fail('an array of numbers', `the header \`${header.trim().slice(0, 120)}\``);
  }
  if (order === 'True') throw fail('in row-major order', 'column-major order');
  const shape = dimensions
    .split(',')
    .map(text => text.trim())
    .filter(text => text !== '')
    .map(Number);
  if (shape.length > maxDimensions) throw fail(`of at most ${maxDimensions} dimensions`, `${shape.length}`);
  const bytes = shape.reduce((product, n) => product * n, bytesOf(type) ?? 1);
  if (!Number.isSafeInteger(bytes) || at + length + bytes > size) {
    const shown = `[${shape.join(', ')}]`;
    throw fail(`${bytes} bytes of shape ${shown}, as its header says`, `${size - at - length}`);
  }
  return { name, type, shape, read: (from, some) => read(at + length + from, some) };
}

/** Bytes of one value of a type of numpy, `<i8`; undefined for what has no fixed size. */
function bytesOf(type: string): number | undefined {
  const size = /^[<>|=]?[biufc](\d{1,2})$/.exec(type)?.[1];
  return size === undefined ? undefined : Number(size);
}

/** Reads integers of any width. Throws a Failure of kind 'data' for another type, or numbers not from 0 to `most`. */
export async function readIntegers(
  { name, type, shape, read }: NpyArray,
  most: number,
  count: number,
): Promise<Uint16Array> {
  const [, order, kind, width] = /^([<>|=]?)([iu])([1248])$/.exec(type) ?? [];
  const fail = (expected: string, got: string) =>
    new Failure('data', `Expected ${name} to hold ${expected}, got ${got}`, 'Labels count from 0.');
  if (kind === undefined || width === undefined) throw fail('integers', `the type \`${type}\``);
  const size = Number(width);
  const bytes = await read(0, count * size);
  const valueAt = (i: number) => {
    if (size === 8) {
      const value = order === '>' ? bytes.readBigInt64BE(i * 8) : bytes.readBigInt64LE(i * 8);
      return Number(value);
    }
    if (order === '>')
      return kind === 'i' ? bytes.readIntBE(i * size, size) : bytes.readUIntBE(i * size, size);
    return kind === 'i' ? bytes.readIntLE(i * size, size) : bytes.readUIntLE(i * size, size);
  };
  return Uint16Array.from({ length: count }, (_, i) => {
    const value = valueAt(i);
    if (value >= 0 && value <= most) return value;
    throw fail(`${shape[0]} integers from 0 to ${most}`, `\`${value}\` at index ${i}`);
  });
}
