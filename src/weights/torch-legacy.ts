import type { Tensor } from '../graph/tensor.ts';
import { unpickle } from '../pickle/unpickle.ts';
import { describe, type PickleValue } from '../pickle/values.ts';
import { torchGlobals } from './torch-globals.ts';
import { collectTensors } from './torch-state.ts';
import { damaged, parseStorage, type Storage } from './torch-storage.ts';

// torch.save before 1.6: five pickles (a magic number, the version, facts on the machine, the object, the keys of
// the storages), then for each key the number of its values as int64 and the values.

const magic = 0x1950a86a20f9469cfc6cn;
const version = 1001;

const magicBytes = Buffer.from('6cfc9c46f9206aa85019', 'hex');

/** Such a file begins with a pickle of the magic number, whose first instructions depend on the protocol. */
export function isTorchLegacy(bytes: Buffer): boolean {
  return bytes[0] === 0x80 && bytes.subarray(0, 32).includes(magicBytes);
}

/** The tensors of a file written by torch.save's legacy format. Throws a Failure of kind 'checkpoint'. */
export function readTorchLegacy(bytes: Uint8Array, file: string, key?: string): Map<string, Tensor> {
  let position = 0;
  const next = () => {
    const part = unpickle(bytes, { file, kind: 'checkpoint', globals: torchGlobals, start: position });
    position = part.end;
    return part;
  };
  expectEqual(next().value, magic, 'magic number', file);
  expectEqual(next().value, version, 'version', file);
  const machine = next().value;
  if (machine instanceof Map && machine.get('little_endian') === false) {
    throw damaged(file, 'little-endian numbers', 'big-endian ones');
  }
  const state = next();
  const storages = new Map<string, Storage>();
  for (const { id } of state.persistent) {
    const storage = parseStorage(id, file);
    const other = storages.get(storage.key);
    if (other && (other.format !== storage.format || other.length !== storage.length)) {
      throw damaged(file, `one description of storage ${storage.key}`, 'several');
    }
    storages.set(storage.key, storage);
  }
  const keys = next().value;
  const contents = readStorages(bytes, position, keys, storages, file);
  return collectTensors(state.value, storage => contents.get(storage.key)!, file, key);
}

function expectEqual(found: PickleValue, expected: bigint | number, what: string, file: string): void {
  if (found !== expected) throw damaged(file, `${what} ${expected}`, describe(found));
}

function readStorages(
  bytes: Uint8Array,
  start: number,
  keys: PickleValue,
  storages: ReadonlyMap<string, Storage>,
  file: string,
): Map<string, Uint8Array> {
  if (!Array.isArray(keys)) throw damaged(file, 'a list of its storages', describe(keys));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const contents = new Map<string, Uint8Array>();
  let position = start;
  for (const key of keys) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    if (!storage) throw damaged(file, 'storages that its tensors use', describe(key));
    const size = storage.length * storage.format.bytes;
    const left = bytes.length - position - 8;
    if (size > left) throw damaged(file, `${size} bytes of storage ${storage.key}`, `${Math.max(0, left)}`);
    const length = view.getBigInt64(position, true);
    if (length !== BigInt(storage.length)) {
      throw damaged(file, `${storage.length} numbers in storage ${storage.key}`, `${length}`);
    }
    contents.set(storage.key, bytes.subarray(position + 8, position + 8 + size));
    position += 8 + size;
  }
  const missing = [...storages.keys()].find(key => !contents.has(key));
  if (missing !== undefined) throw damaged(file, `storage ${missing}`, 'none');
  if (position !== bytes.length) throw damaged(file, `${position} bytes`, `${bytes.length}`);
  return contents;
}
