import { Failure } from '../failure.ts';
import { sizeOf, type Tensor } from '../graph/tensor.ts';
import { type StoredTensor, storedFormats, storedTensor } from './stored.ts';
import { contiguous, decode, formats, type NumberFormat } from './values.ts';

// The format: 8 bytes little-endian length of the header, the header (JSON), then the tensors' bytes.

/** A header is about 100 bytes a tensor: room for the 320 tensors of a ResNet50 a hundred times over. */
const maxHeaderBytes = 4 * 2 ** 20;
const prefixBytes = 8;
const maxDimensions = 8;

const formatsByCode: Readonly<Record<string, NumberFormat>> = {
  F64: formats.float64,
  F32: formats.float32,
  F16: formats.float16,
  BF16: formats.bfloat16,
  I64: formats.int64,
  I32: formats.int32,
  I16: formats.int16,
  I8: formats.int8,
  U8: formats.uint8,
  BOOL: formats.bool,
};

/** Such a file begins with the length of its header, of less than 2^32 bytes, and the brace that opens it. */
export function isSafetensors(bytes: Buffer): boolean {
  return bytes.length > prefixBytes && bytes.readUInt32LE(4) === 0 && bytes[prefixBytes] === 0x7b;
}

/** What a safetensors file holds, its tensors as the bytes that they are. */
export interface Safetensors {
  readonly entries: readonly (Entry & { readonly bytes: Uint8Array })[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The tensors of a safetensors file, as float32. Throws a Failure of kind 'checkpoint' that names `file`. */
export function readSafetensors(bytes: Uint8Array, file: string): Map<string, Tensor> {
  const { entries } = openSafetensors(bytes, file);
  return new Map(
    entries.map(({ name, format, shape, bytes }) => [
      name,
      decode(bytes, format, { offset: 0, shape, strides: contiguous(shape) }),
    ]),
  );
}

/** What a safetensors file holds, as it is. Throws a Failure of kind 'checkpoint' that names `file`. */
export function openSafetensors(bytes: Uint8Array, file: string): Safetensors {
  const headerBytes = headerLength(bytes, file);
  const header = parseHeader(bytes.subarray(prefixBytes, prefixBytes + headerBytes), file);
  const body = bytes.subarray(prefixBytes + headerBytes);
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => checkEntry(name, value, file));
  checkRanges(entries, body.length, file);
  return {
    entries: entries.map(entry => ({ ...entry, bytes: body.subarray(entry.from, entry.to) })),
    metadata: metadataOf(header.__metadata__ ?? {}, file),
  };
}

function metadataOf(value: unknown, file: string): Record<string, string> {
  if (isRecord(value) && Object.values(value).every(text => typeof text === 'string'))
    return value as Record<string, string>;
  throw damaged(file, 'texts as __metadata__', JSON.stringify(value).slice(0, 100));
}

/** The length that the first eight bytes claim, checked against what there is. */
function headerLength(bytes: Uint8Array, file: string): number {
  if (bytes.length < prefixBytes) throw damaged(file, `at least ${prefixBytes} bytes`, `${bytes.length}`);
  const claimed = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  const limit = Math.min(maxHeaderBytes, bytes.length - prefixBytes);
  if (claimed > limit) throw damaged(file, `a header of at most ${limit} bytes`, `${claimed}`);
  return Number(claimed);
}

function parseHeader(bytes: Uint8Array, file: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw damaged(file, 'a JSON header', (error as Error).message);
  }
  if (!isRecord(header)) throw damaged(file, 'a JSON object as header', JSON.stringify(header));
  return header;
}

interface Entry {
  readonly name: string;
  readonly format: NumberFormat;
  readonly shape: readonly number[];
  readonly from: number;
  readonly to: number;
}

function checkEntry(name: string, value: unknown, file: string): Entry {
  const fail = (expected: string, found: unknown) =>
    damaged(file, `tensor ${name} to have ${expected}`, JSON.stringify(found));
  if (!isRecord(value)) throw fail('an object as its entry', value);
  const { dtype, shape, data_offsets: range } = value;
  const format = typeof dtype === 'string' && Object.hasOwn(formatsByCode, dtype) && formatsByCode[dtype];
  if (!format) throw fail(`a dtype out of ${Object.keys(formatsByCode).join(', ')}`, dtype);
  if (!isNaturals(shape) || shape.length > maxDimensions) {
    throw fail(`a shape of at most ${maxDimensions} whole numbers`, shape);
  }
  if (!isNaturals(range) || range.length !== 2 || range[0]! > range[1]!) {
    throw fail('data_offsets [from, to] in order', range);
  }
  const [from, to] = range as [number, number];
  const expected = sizeOf(shape) * format.bytes;
  if (to - from !== expected) throw fail(`${expected} bytes for shape [${shape}] of ${dtype}`, to - from);
  return { name, format, shape, from, to };
}

/** The tensors must fill the body without gap or overlap, as the format demands: no byte is read twice. */
function checkRanges(entries: readonly Entry[], bodyBytes: number, file: string): void {
  let end = 0;
  for (const { name, from, to } of [...entries].sort((a, b) => a.from - b.from || a.to - b.to)) {
    if (from !== end) throw damaged(file, `tensor ${name} to start at byte ${end}`, `${from}`);
    end = to;
  }
  if (end !== bodyBytes) throw damaged(file, `${end} bytes of tensors`, `${bodyBytes}`);
}

/**
 * The bytes of a safetensors file; the same tensors give the same bytes in whatever order. `metadata` is free text beside
 * them. What needs no alignment comes last, so that other readers can map the file into memory as it is.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor | StoredTensor>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const entries = [...tensors]
    .map(([name, tensor]) => ({ name, ...storedTensor(tensor) }))
    .sort(
      (a, b) => storedFormats[b.dtype].bytes - storedFormats[a.dtype].bytes || (a.name < b.name ? -1 : 1),
    );
  let bodyBytes = 0;
  const header = entries.map(({ name, dtype, shape, bytes }) => {
    const from = bodyBytes;
    bodyBytes += bytes.length;
    return [name, { dtype, shape, data_offsets: [from, bodyBytes] }];
  });
  const beside = metadata === undefined ? {} : { __metadata__: metadata };
  const json = Buffer.from(JSON.stringify({ ...beside, ...Object.fromEntries(header) }));
  const headerBytes = Math.ceil(json.length / prefixBytes) * prefixBytes;
  const file = new Uint8Array(prefixBytes + headerBytes + bodyBytes).fill(0x20, prefixBytes + json.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(json, prefixBytes);
  let at = prefixBytes + headerBytes;
  for (const { bytes } of entries) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

function damaged(file: string, expected: string, found: string): Failure {
  return new Failure(
    'checkpoint',
    `Expected ${file} to be a safetensors file with ${expected}, got ${found}`,
    'The file is damaged or of another format: get it again.',
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNaturals(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(item => Number.isSafeInteger(item) && item >= 0);
}
