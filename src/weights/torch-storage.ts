import { Failure } from '../failure.ts';
import { describe, type PickleValue } from '../pickle/values.ts';
import { untypedStorage } from './torch-globals.ts';
import { formats, type NumberFormat } from './values.ts';

/** How the numbers of a storage are written; without `read` where no network here has such numbers. */
export type StorageFormat = Pick<NumberFormat, 'name' | 'bytes'> & Partial<NumberFormat>;

const foreign = (name: string, bytes: number): StorageFormat => ({ name, bytes });

/** By PyTorch's name of the format. */
const formatsByType: Readonly<Record<string, StorageFormat>> = {
  ...formats,
  complex32: foreign('complex32', 4),
  complex64: foreign('complex64', 8),
  complex128: foreign('complex128', 16),
};

const formatsByStorage: Readonly<Record<string, StorageFormat>> = {
  'torch.DoubleStorage': formats.float64,
  'torch.FloatStorage': formats.float32,
  'torch.HalfStorage': formats.float16,
  'torch.BFloat16Storage': formats.bfloat16,
  'torch.LongStorage': formats.int64,
  'torch.IntStorage': formats.int32,
  'torch.ShortStorage': formats.int16,
  'torch.CharStorage': formats.int8,
  'torch.ByteStorage': formats.uint8,
  'torch.BoolStorage': formats.bool,
  'torch.ComplexFloatStorage': formatsByType.complex64!,
  'torch.ComplexDoubleStorage': formatsByType.complex128!,
  'torch.QInt8Storage': foreign('qint8', 1),
  'torch.QUInt8Storage': foreign('quint8', 1),
  'torch.QUInt4x2Storage': foreign('quint4x2', 1),
  'torch.QUInt2x4Storage': foreign('quint2x4', 1),
  'torch.QInt32Storage': foreign('qint32', 4),
  [untypedStorage]: foreign('bytes', 1),
};

/** The numbers that tensors are views of. */
export interface Storage {
  readonly format: StorageFormat;
  readonly key: string;
  /** Numbers, not bytes. */
  readonly length: number;
}

/** What a persistent id says: ('storage', type, key, device, length), in legacy files with a view as sixth. */
export function parseStorage(id: PickleValue, file: string): Storage {
  const fail = (found: string) =>
    damaged(file, "storages described as ('storage', type, key, device, length)", found);
  if (!Array.isArray(id)) throw fail(describe(id));
  const [tag, type, key, , length, view = null] = id;
  if (tag !== 'storage' || typeof key !== 'string' || !isNatural(length) || view !== null) {
    throw fail(`(${id.slice(0, 6).map(describe).join(', ')})`);
  }
  const name = typeof type === 'object' && type !== null && 'name' in type ? type.name : '';
  const plain = name.replace(/^torch\.cuda\./, 'torch.');
  const format = Object.hasOwn(formatsByStorage, plain) ? formatsByStorage[plain] : undefined;
  if (!format) throw damaged(file, `storage ${key} to have a known number format`, describe(type));
  return { format, key, length };
}

/** The format that a tensor says its bytes are in; one that only has a name where nothing more is known of it. */
export function formatOf(dtype: PickleValue | undefined): StorageFormat {
  const name = describe(dtype).replace(/^torch\./, '');
  return Object.hasOwn(formatsByType, name) ? formatsByType[name]! : foreign(name, 1);
}

export function isNatural(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function damaged(file: string, expected: string, found: string): Failure {
  return new Failure(
    'checkpoint',
    `Expected ${file} to be a PyTorch file with ${expected}, got ${found}`,
    'The file is damaged or no plain state dict: get it again, or save it again with its state dict only.',
  );
}
