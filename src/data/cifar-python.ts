import { Failure } from '../failure.ts';
import { unpickle } from '../pickle/unpickle.ts';
import { describe, isCall, type PickleValue } from '../pickle/values.ts';
import { type CifarPart, cifarValues } from './cifar-binary.ts';

/** numpy 2 renamed its package; files written before and after name the same functions. */
const reconstruct = ['numpy.core.multiarray._reconstruct', 'numpy._core.multiarray._reconstruct'];
const encode = '_codecs.encode';
const globals = new Set([...reconstruct, 'numpy.ndarray', 'numpy.dtype', encode, 'collections.OrderedDict']);

/** A file of the python version: a pickled dictionary with `data` ([n, 3072] bytes, planar) and a list of labels. */
export function readCifarPython(bytes: Uint8Array, file: string, labelsKey: string): CifarPart {
  const fail = (expected: string, found: string) =>
    new Failure(
      'data',
      `Expected ${file} to hold ${expected}, got ${found}`,
      'The file is damaged or of another data set: get it again.',
    );
  const { value } = unpickle(bytes, { file, kind: 'data', globals });
  if (!(value instanceof Map)) throw fail('a dictionary', describe(value));

  const labels = field(value, labelsKey);
  if (!Array.isArray(labels) || labels.length === 0 || !labels.every(isByte)) {
    throw fail(`a list of labels \`${labelsKey}\``, describe(labels));
  }
  const data = field(value, 'data');
  const pixels = byteArray(data);
  if (!pixels) throw fail('`data`, a numpy array of bytes in row-major order', describe(data));
  const expected = labels.length * cifarValues;
  if (pixels.shape.join() !== `${labels.length},${cifarValues}` || pixels.bytes.length !== expected) {
    throw fail(
      `${labels.length} x ${cifarValues} pixels for its ${labels.length} labels`,
      `shape [${pixels.shape.join(', ')}] in ${pixels.bytes.length} bytes`,
    );
  }
  return { pixels: pixels.bytes, labels: Uint8Array.from(labels) };
}

/** The value of a key, which is text or, where the data set's tools wrote it in Python 3, bytes. */
function field(map: ReadonlyMap<PickleValue, PickleValue>, key: string): PickleValue | undefined {
  const wanted = Buffer.from(key);
  for (const [found, value] of map) {
    if (rawBytes(found)?.equals(wanted)) return value;
  }
  return undefined;
}

function isByte(value: PickleValue): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 256;
}

/** What numpy pickles of an array: _reconstruct(...) with state (version, shape, dtype, is it Fortran, bytes). */
function byteArray(value: PickleValue | undefined): { shape: PickleValue[]; bytes: Uint8Array } | undefined {
  if (!isCall(value) || !reconstruct.includes(value.name) || !Array.isArray(value.state)) return undefined;
  const [, shape, dtype, fortran, raw] = value.state;
  const isBytes = isCall(dtype) && dtype.name === 'numpy.dtype' && dtype.args[0] === 'u1';
  const bytes = rawBytes(raw);
  return Array.isArray(shape) && isBytes && fortran === false && bytes ? { shape, bytes } : undefined;
}

/** Python 2 wrote a string, Python 3 bytes, or a string to be encoded where it had to serve Python 2. */
function rawBytes(raw: PickleValue | undefined): Buffer | undefined {
  if (raw instanceof Uint8Array) return Buffer.from(raw.buffer, raw.byteOffset, raw.length);
  if (typeof raw === 'string') return Buffer.from(raw, 'latin1');
  if (!isCall(raw) || raw.name !== encode || raw.args[1] !== 'latin1') return undefined;
  return typeof raw.args[0] === 'string' ? Buffer.from(raw.args[0], 'latin1') : undefined;
}
