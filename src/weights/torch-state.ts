import { Failure } from '../failure.ts';
import type { Tensor } from '../graph/tensor.ts';
import { describe, isCall, isPersistent, type PickleValue } from '../pickle/values.ts';
import { decode, formats, type Layout, type NumberFormat } from './values.ts';

const formatsByStorage: Readonly<Record<string, NumberFormat>> = {
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
};

const rebuildTensor = ['torch._utils._rebuild_tensor_v2', 'torch._utils._rebuild_tensor'];
const rebuildParameter = ['torch._utils._rebuild_parameter', 'torch.nn.parameter.Parameter'];

/**
 * Every name that a state dict and what is usually saved beside it (epoch, best accuracy as a numpy number) needs.
 * The files of other programs name classes of their own: those are refused, not guessed at.
 */
export const torchGlobals: ReadonlySet<string> = new Set([
  'collections.OrderedDict',
  ...rebuildTensor,
  ...rebuildParameter,
  'torch.Size',
  ...Object.keys(formatsByStorage),
  'numpy.core.multiarray.scalar',
  'numpy._core.multiarray.scalar',
  'numpy.dtype',
  '_codecs.encode',
]);

/** The numbers that tensors are views of. */
export interface Storage {
  readonly format: NumberFormat;
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
  const format = Object.hasOwn(formatsByStorage, name) ? formatsByStorage[name] : undefined;
  if (!format) throw damaged(file, `storage ${key} to have a known number format`, describe(type));
  return { format, key, length };
}

/** Names under which training scripts keep the state dict when they save more than it. */
const wrappers = ['state_dict', 'model_state_dict', 'model', 'net'];

const maxDimensions = 8;
/** A storage may serve several names (tied weights), but not so many that a small file fills the memory. */
const maxSharing = 4;

/**
 * The tensors of an unpickled state dict, or of the one that it wraps, as dense float32. `bytesOf` gives a storage's
 * bytes, of which there are length x bytes of its format. Entries that are no tensors are left out.
 */
export function collectTensors(
  value: PickleValue,
  bytesOf: (storage: Storage) => Uint8Array,
  file: string,
): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  const seen = new Set<string>();
  let limit = 0;
  let taken = 0;
  for (const [name, entry] of stateDict(value, file)) {
    const view = typeof name === 'string' ? tensorView(name, entry, file) : undefined;
    if (!view) continue;
    const { storage, layout, size } = view;
    if (!seen.has(storage.key)) limit += maxSharing * storage.length;
    seen.add(storage.key);
    taken += size;
    if (taken > limit) throw damaged(file, `tensors of at most ${limit} numbers altogether`, `${taken}`);
    tensors.set(name as string, decode(bytesOf(storage), storage.format, layout));
  }
  return tensors;
}

function stateDict(value: PickleValue, file: string): ReadonlyMap<PickleValue, PickleValue> {
  if (!(value instanceof Map)) throw damaged(file, 'a state dict', describe(value));
  for (const wrapper of wrappers) {
    const inner = value.get(wrapper);
    if (inner instanceof Map) return inner;
  }
  return value;
}

interface View {
  readonly storage: Storage;
  readonly layout: Layout;
  readonly size: number;
}

/** The view that a pickled tensor describes, checked against its storage; undefined when it is no tensor. */
function tensorView(name: string, entry: PickleValue, file: string): View | undefined {
  if (!isCall(entry)) return undefined;
  if (rebuildParameter.includes(entry.name)) {
    const [tensor] = entry.args;
    return isCall(tensor) && rebuildTensor.includes(tensor.name) ? tensorView(name, tensor, file) : undefined;
  }
  if (!rebuildTensor.includes(entry.name)) return undefined;
  const [reference, offset, shape, strides] = entry.args;
  const fail = (expected: string, found: string) =>
    damaged(file, `tensor ${name} to have ${expected}`, found);
  if (!isPersistent(reference)) throw fail('a storage', describe(reference));
  if (!isNatural(offset)) throw fail('a whole number as offset', describe(offset));
  if (!isNaturals(shape) || shape.length > maxDimensions) {
    throw fail(`a shape of at most ${maxDimensions} whole numbers`, list(shape));
  }
  if (!isNaturals(strides) || strides.length !== shape.length) {
    throw fail(`${shape.length} strides that are whole numbers`, list(strides));
  }
  const storage = parseStorage(reference.id, file);
  const layout = { offset, shape, strides };
  const size = checkInside(layout, storage, fail);
  return { storage, layout, size };
}

/** The number of values of a view that stays inside its storage and uses none of its numbers twice. */
function checkInside(
  { offset, shape, strides }: Layout,
  storage: Storage,
  fail: (expected: string, found: string) => Failure,
): number {
  const size = shape.reduce((product, length) => product * length, 1);
  if (size === 0) return 0;
  const axes = shape
    .map((length, axis) => ({ length, stride: strides[axis]! }))
    .filter(({ length }) => length > 1)
    .sort((a, b) => a.stride - b.stride);
  let reach = 0;
  for (const { length, stride } of axes) {
    if (stride <= reach) throw fail('strides that keep its numbers apart', list(strides));
    reach += (length - 1) * stride;
  }
  const end = offset + reach + 1;
  if (end > storage.length) {
    throw fail(
      `its numbers inside its storage of ${storage.length}`,
      `number ${end} for shape ${list(shape)}`,
    );
  }
  return size;
}

function list(value: unknown): string {
  return Array.isArray(value)
    ? `[${value
        .slice(0, 2 * maxDimensions)
        .map(String)
        .join(', ')}]`
    : String(value);
}

function isNatural(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isNaturals(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.every(isNatural);
}

export function damaged(file: string, expected: string, found: string): Failure {
  return new Failure(
    'checkpoint',
    `Expected ${file} to be a PyTorch file with ${expected}, got ${found}`,
    'The file is damaged or no plain state dict: get it again, or save it again with its state dict only.',
  );
}
