import { Failure } from '../failure.ts';
import {
  describe,
  isCall,
  isGlobal,
  isPersistent,
  type PickleCall,
  type PickleValue,
} from '../pickle/values.ts';
import {
  rebuildFromType,
  rebuildMeta,
  rebuildQuantised,
  rebuildSparse,
  rebuildTensor,
  rebuildWrapped,
  tensorClasses,
} from './torch-globals.ts';
import {
  damaged,
  formatOf,
  isNatural,
  parseStorage,
  type Storage,
  type StorageFormat,
} from './torch-storage.ts';
import type { Layout, NumberFormat } from './values.ts';

const maxDimensions = 8;

/** A tensor as a part of a storage's numbers, which it may see in a format of its own. */
export interface View {
  readonly storage: Storage;
  readonly format: NumberFormat;
  readonly layout: Layout;
  readonly size: number;
}

/** Kinds of tensors that hold no plain numbers: what they are, and how plain numbers are had. `t` is the tensor. */
const others: Readonly<Record<string, readonly [what: string, convert: string]>> = {
  [rebuildQuantised]: ['a quantised one', 't.dequantize()'],
  [rebuildSparse]: ['a sparse one', 't.to_dense()'],
  [rebuildMeta]: ['one without values (of the device `meta`)', 'that of a model whose weights were loaded'],
  'torch._utils._rebuild_wrapper_subclass': [
    'one of a class of its own',
    'a plain torch.Tensor of its values',
  ],
  'torch._utils._rebuild_device_tensor_from_numpy': ['one that is kept as a numpy array', 't.cpu()'],
};

/** Whether the value is a tensor of whatever kind. */
export function isTensor(value: PickleValue | undefined): value is PickleCall {
  return (
    isCall(value) &&
    (rebuildTensor.includes(value.name) ||
      rebuildWrapped.includes(value.name) ||
      value.name === rebuildFromType ||
      tensorClasses.has(value.name) ||
      Object.hasOwn(others, value.name))
  );
}

/** Nobody wraps a tensor deeper than this; a file may. */
const maxWrapping = 4;

/**
 * The view that a pickled tensor describes, checked against its storage. Throws a Failure of kind 'checkpoint' where it
 * holds no real numbers, and says how they are had.
 */
export function tensorView(name: string, tensor: PickleCall, file: string): View {
  const fail = (expected: string, found: string) =>
    damaged(file, `tensor ${name} to have ${expected}`, found);
  const { function: by, args } = unwrapped(tensor, fail);
  if (Object.hasOwn(others, by)) throw unlike(file, name, ...others[by]!);
  const [reference, offset, shape, strides] = args;
  if (!isPersistent(reference)) throw fail('a storage', describe(reference));
  if (!isNatural(offset)) throw fail('a whole number as offset', describe(offset));
  if (!isNaturals(shape) || shape.length > maxDimensions)
    throw fail(`a shape of at most ${maxDimensions} whole numbers`, list(shape));
  if (!isNaturals(strides) || strides.length !== shape.length)
    throw fail(`${shape.length} strides that are whole numbers`, list(strides));
  const storage = parseStorage(reference.id, file);
  const format = by.endsWith('_v3') ? formatOf(args[6]) : storage.format;
  if (!isRead(format)) throw unlike(file, name, ...numbersOf(format));
  const length = Math.floor((storage.length * storage.format.bytes) / format.bytes);
  const layout = { offset, shape, strides };
  return { storage, format, layout, size: checkInside(layout, length, fail) };
}

const isRead = (format: StorageFormat): format is NumberFormat => format.read !== undefined;

function unlike(file: string, name: string, what: string, convert: string): Failure {
  return new Failure(
    'checkpoint',
    `Expected tensor ${name} of ${file} to be one of plain numbers, got ${what}`,
    `It is no damage, but not read here: load the file in Python, replace the tensor by ${convert}, and save the state dict again.`,
  );
}

function numbersOf({ name }: StorageFormat): [what: string, convert: string] {
  if (name.startsWith('complex'))
    return [`one of complex numbers (${name})`, 't.real, if that is what it stands for'];
  if (/^q(u?)int/.test(name)) return [`a quantised one (${name})`, 't.dequantize()'];
  return [`one of ${name}`, 't.float()'];
}

type Fail = (expected: string, found: string) => Failure;

/** The function that makes the tensor itself, behind what wraps it, and its arguments. */
function unwrapped(tensor: PickleCall, fail: Fail): { function: string; args: readonly PickleValue[] } {
  let { name, args, state }: PickleCall = tensor;
  for (let depth = 0; depth < maxWrapping; depth++) {
    if (name === rebuildFromType) {
      const [by, , inner] = args;
      if (!isGlobal(by) || !Array.isArray(inner)) throw fail('a function and its arguments', describe(by));
      [name, args] = [by.name, inner];
    } else if (rebuildWrapped.includes(name)) {
      const [inner] = args;
      if (!isTensor(inner)) throw fail('a tensor in it', describe(inner));
      ({ name, args, state } = inner);
    } else if (tensorClasses.has(name)) {
      if (!Array.isArray(state)) throw fail('a storage', describe(state));
      return { function: name, args: state };
    } else {
      return { function: name, args };
    }
  }
  throw fail(`at most ${maxWrapping} others around it`, 'more');
}

/** The number of values of a view that stays inside so many numbers and uses none of them twice. */
function checkInside({ offset, shape, strides }: Layout, length: number, fail: Fail): number {
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
  if (end > length)
    throw fail(`its numbers inside its storage of ${length}`, `number ${end} for shape ${list(shape)}`);
  return size;
}

function list(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  return `[${value
    .slice(0, 2 * maxDimensions)
    .map(String)
    .join(', ')}]`;
}

function isNaturals(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.every(isNatural);
}
