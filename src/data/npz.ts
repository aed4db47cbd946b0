import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import { Failure } from '../failure.ts';
import { readRange } from '../files/read.ts';
import { type ZipEntry, zipEntries } from '../files/zip-entries.ts';
import { describeNpy, type NpyArray, openNpy } from './npy.ts';

/** An archive of data sets has a handful of arrays. */
const maxEntries = 1_000;
/** A packed array is unpacked in memory: more than all images of any set that is held there is a bomb. */
const maxUnpacked = 4 * 2 ** 30;

/**
 * The array of a .npy file, or of a .npz archive the first that has one of the names. Throws a Failure of kind 'data'.
 */
export async function openArray(file: string, names: readonly string[]): Promise<NpyArray> {
  if (!file.endsWith('.npz')) return openNpy(file);
  const entries = await zipEntries(file, 'data');
  const wanted = names.flatMap(name => entries.filter(entry => entry.name === `${name}.npy`));
  const [entry] = wanted;
  if (entry !== undefined && entries.length <= maxEntries) return openEntry(file, entry);
  const found = entries.slice(0, 20).map(({ name }) => `\`${name.replace(/\.npy$/, '')}\``);
  throw new Failure(
    'data',
    `Expected ${file} to hold an array ${names.map(name => `\`${name}\``).join(' or ')}, found ${found.join(', ') || 'none'}`,
    'Write it with numpy.savez and one of these names.',
  );
}

async function openEntry(file: string, { name, start, size, compressedSize, deflated }: ZipEntry) {
  const where = `${name} of ${file}`;
  if (!deflated) {
    return describeNpy({
      name: where,
      size,
      read: (from, length) => readRange(file, start + from, length, 'data'),
    });
  }
  if (size > maxUnpacked) {
    throw new Failure('data', `Expected ${where} to have at most ${maxUnpacked} bytes, got ${size}`);
  }
  const packed = await readRange(file, start, compressedSize, 'data');
  const unpacked = await promisify(inflateRaw)(packed, { maxOutputLength: Math.max(1, size) }).catch(
    error => {
      throw new Failure(
        'data',
        `Expected to unpack ${where}, got: ${error instanceof Error ? error.message : String(error)}`,
        'The file is damaged: get it again.',
      );
    },
  );
  return describeNpy({
    name: where,
    size: unpacked.length,
    read: async (from, length) => unpacked.subarray(from, from + length),
  });
}
