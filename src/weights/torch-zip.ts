import { unzipSync } from 'fflate';
import { Failure } from '../failure.ts';
import type { Tensor } from '../graph/tensor.ts';
import { unpickle } from '../pickle/unpickle.ts';
import { torchGlobals } from './torch-globals.ts';
import { collectTensors } from './torch-state.ts';
import { damaged } from './torch-storage.ts';
import { crc32, zipChecksums } from './zip-checksums.ts';

// torch.save since 1.6: a zip archive of <name>/data.pkl, <name>/data/<key> for each storage, and a few notes.

/** A zip archive begins with its first entry. */
export function isTorchZip(bytes: Buffer): boolean {
  return bytes.subarray(0, 4).equals(Buffer.from('PK\x03\x04'));
}

/** One entry a tensor: a ResNet152 has 932. */
const maxEntries = 20_000;
/** PyTorch does not compress at all, and trained weights hardly can be: more is a bomb. */
const maxExpansion = 16;

const archiveEntry = /^[^/]+\/(data\.pkl|data\/[^/]+|byteorder)$/;

/** Archives that are found in a checkpoint's place, by an entry that only they have. */
const foreignArchives = [
  {
    entry: /^[^/]+\/(constants\.pkl$|code\/)/,
    what: 'a TorchScript program (torch.jit.save)',
    hint: 'Its weights are had by torch.save(torch.jit.load(FILE).state_dict(), "weights.pt").',
  },
  {
    entry: /(^|\/)(models\/model\.json|serialized_exported_program\.json)$/,
    what: 'a program of torch.export',
    hint: 'Its weights are had by torch.save(torch.export.load(FILE).state_dict, "weights.pt").',
  },
  {
    entry: /^[^/]+\.npy$/,
    what: 'an archive of numpy arrays',
    hint: 'Save them as tensors by their names, with torch.save or as safetensors.',
  },
];

/** The tensors of a file written by torch.save's zip format. Throws a Failure of kind 'checkpoint'. */
export function readTorchZip(bytes: Uint8Array, file: string, key?: string): Map<string, Tensor> {
  const entries = unpack(bytes, file);
  const pickles = [...entries.keys()].filter(name => name.endsWith('/data.pkl'));
  const [pickle] = pickles;
  if (pickle === undefined || pickles.length > 1) throw damaged(file, 'one data.pkl', `${pickles.length}`);
  const folder = pickle.slice(0, -'data.pkl'.length);
  const order = entries.get(`${folder}byteorder`);
  if (order && Buffer.from(order).toString('latin1') === 'big') {
    throw damaged(file, 'little-endian numbers', 'big-endian ones');
  }
  const { value } = unpickle(entries.get(pickle)!, {
    file: `${file} (${pickle})`,
    kind: 'checkpoint',
    globals: torchGlobals,
  });
  return collectTensors(
    value,
    ({ key, length, format }) => {
      const content = entries.get(`${folder}data/${key}`);
      const expected = length * format.bytes;
      if (content?.length !== expected) {
        throw damaged(file, `${expected} bytes of storage ${key}`, content ? `${content.length}` : 'none');
      }
      return content;
    },
    file,
    key,
  );
}

function changed(file: string, entry: string): Failure {
  return new Failure(
    'checkpoint',
    `Expected entry ${entry} of ${file} to have the checksum that the archive gives for it, got another one`,
    'The file is damaged: get it again. If it was saved without checksums (set_crc32_options), save it with them.',
  );
}

/** The archive's entries that matter; what they claim is checked before any is unpacked. */
function unpack(bytes: Uint8Array, file: string): Map<string, Uint8Array> {
  const claimed = new Map<string, number>();
  const limit = maxExpansion * bytes.length;
  let entries = 0;
  let total = 0;
  try {
    const contents = unzipSync(bytes, {
      filter: ({ name, size, originalSize, compression }) => {
        if (++entries > maxEntries) throw damaged(file, `at most ${maxEntries} entries`, 'more');
        const of = foreignArchives.find(({ entry }) => entry.test(name));
        if (of)
          throw new Failure('checkpoint', `Expected ${file} to be a state dict, got ${of.what}`, of.hint);
        if (!archiveEntry.test(name)) return false;
        if (claimed.has(name)) throw damaged(file, `one entry ${name}`, 'several');
        // Stored as it is, an entry has as many bytes packed as unpacked.
        const inside = size <= bytes.length && (compression !== 0 || size === originalSize);
        if (!inside) throw damaged(file, `entry ${name} of ${originalSize} bytes`, `${size} bytes`);
        total += originalSize;
        if (total > limit) throw damaged(file, `at most ${limit} bytes unpacked`, `${total}`);
        claimed.set(name, originalSize);
        return true;
      },
    });
    const checksums = zipChecksums(bytes);
    return new Map(
      [...claimed].map(([name, size]) => {
        const content = contents[name];
        if (content?.length !== size) {
          throw damaged(file, `${size} bytes in entry ${name}`, `${content?.length ?? 'none'}`);
        }
        if (crc32(content) !== checksums.get(name)) throw changed(file, name);
        return [name, content];
      }),
    );
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw damaged(file, 'a whole zip archive', `\`${(error as Error).message}\``);
  }
}
