import { zipSync } from 'fflate';
import {
  bool,
  call,
  dict,
  global,
  integer,
  list,
  none,
  type Part,
  persistent,
  pickle,
  str,
  tuple,
} from './pickle.ts';

export interface TensorDescription {
  name: string;
  type?: string;
  key?: string;
  length?: number | bigint;
  offset?: number | bigint;
  shape: (number | bigint)[];
  strides?: (number | bigint)[];
}

/** The pickle of a tensor that is a view of a storage, with whatever it claims. */
export function tensorPart(tensor: TensorDescription): Part {
  const {
    type = 'FloatStorage',
    key = tensor.name,
    length = 6,
    offset = 0,
    shape,
    strides = [3, 1],
  } = tensor;
  const storage = persistent(
    tuple(str('storage'), global('torch', type), str(key), str('cpu'), integer(length)),
  );
  return call(
    global('torch._utils', '_rebuild_tensor_v2'),
    storage,
    integer(offset),
    tuple(...shape.map(integer)),
    tuple(...strides.map(integer)),
    bool(false),
    call(global('collections', 'OrderedDict')),
  );
}

export const statePart = (tensors: TensorDescription[]): Part =>
  dict(...tensors.map((tensor): [Part, Part] => [str(tensor.name), tensorPart(tensor)]));

export function floats(...values: number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

/** A file as torch.save's legacy format has it: the state, then the storages. */
export function legacyFile(state: Part, storages: Record<string, Uint8Array>): Buffer {
  const parts: Uint8Array[] = [
    pickle(integer(0x1950a86a20f9469cfc6cn)),
    pickle(integer(1001)),
    pickle(dict([str('little_endian'), bool(true)], [str('protocol_version'), none])),
    pickle(state),
    pickle(list(...Object.keys(storages).map(str))),
  ];
  for (const bytes of Object.values(storages)) {
    const length = Buffer.alloc(8);
    length.writeBigInt64LE(BigInt(bytes.length / 4));
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}

/** A file as torch.save's zip format has it; `level` above 0 compresses, which PyTorch does not. */
export function zipFile(state: Part, storages: Record<string, Uint8Array>, level: 0 | 9 = 0): Buffer {
  const data = Object.entries(storages).map(([key, bytes]) => [`archive/data/${key}`, bytes] as const);
  const entries = {
    'archive/data.pkl': pickle(state),
    ...Object.fromEntries(data),
    'archive/version': Buffer.from('3\n'),
  };
  return Buffer.from(zipSync(entries, { level }));
}
