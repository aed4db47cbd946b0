import { zipSync } from 'fflate';
import type { Tensor } from '../graph/tensor.ts';
import * as write from '../pickle/write.ts';
import { type StoredTensor, storedFormats, storedTensor } from './stored.ts';
import { contiguous } from './values.ts';

const storageTypes = { F32: 'FloatStorage', I64: 'LongStorage', U8: 'ByteStorage' } as const;

const orderedDict = write.call(write.global('collections', 'OrderedDict'));

/** The start of zip's calendar: what is written does not depend on when. */
const noTime = new Date(1980, 0, 1);

/**
 * The bytes of a state dict as torch.save's zip format has it, which `torch.load(weights_only=True)` takes; tensors in
 * the map's order, each with a storage of its own.
 */
export function writeTorchZip(tensors: ReadonlyMap<string, Tensor | StoredTensor>): Uint8Array {
  const stored = [...tensors].map(([name, tensor]) => [name, storedTensor(tensor)] as const);
  const state = stored.map(([name, tensor], i) => [write.text(name), rebuilt(tensor, `${i}`)] as const);
  const storages = stored.map(([, { bytes }], i) => [`network/data/${i}`, bytes] as const);
  const entries = {
    'network/data.pkl': write.pickle(write.withItems(orderedDict, state)),
    'network/byteorder': Buffer.from('little'),
    ...Object.fromEntries(storages),
    'network/version': Buffer.from('3\n'),
  };
  return zipSync(entries, { level: 0, mtime: noTime });
}

/** A tensor that is the whole of storage `key`. */
function rebuilt({ dtype, shape, bytes }: StoredTensor, key: string): write.Part {
  const storage = write.tuple(
    write.text('storage'),
    write.global('torch', storageTypes[dtype]),
    write.text(key),
    write.text('cpu'),
    write.integer(bytes.length / storedFormats[dtype].bytes),
  );
  return write.call(
    write.global('torch._utils', '_rebuild_tensor_v2'),
    write.persistent(storage),
    write.integer(0),
    write.tuple(...shape.map(write.integer)),
    write.tuple(...contiguous(shape).map(write.integer)),
    write.no,
    orderedDict,
  );
}
