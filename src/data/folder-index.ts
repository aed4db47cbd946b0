import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hashOf } from '../canonical-json.ts';
import { Failure } from '../failure.ts';
import { writeAtomic } from '../files/atomic.ts';
import { cacheFolder } from '../files/cache-folder.ts';
import { whyBroken } from './decode.ts';
import type { FolderList } from './folder.ts';

/** What is known of a file, for as long as its size and time stay what they were. */
interface Entry {
  readonly size: string;
  /** Nanoseconds. */
  readonly modified: string;
  readonly sha256: string;
  /** `-`: not known; `whole`; else why it cannot be decoded. */
  readonly state: string;
}

/** What the images of a folder are. */
export interface FolderIndex {
  /** Of each file's label and content, in the order of the list. */
  readonly sha256: string;
  /** Files that cannot be decoded, and why, by their places in the list; empty where that was not asked. */
  readonly broken: ReadonlyMap<number, string>;
}

/** Raise it where other files can be decoded than before: what is known of them is forgotten. */
const readerVersion = 2;

/** Files at work at the same time: they wait for the disk. */
const concurrency = 16;

/**
 * The hash of everything in a folder of images and, on demand, which of them are broken. The first call reads every file,
 * and decodes it where that is asked; what is found is kept in the user's cache with the size and time of change of each
 * file, so that later calls read only files that have changed. Throws a Failure of kind 'data' where a file cannot be
 * read.
 */
export async function indexFolder(list: FolderList, options: { decode: boolean }): Promise<FolderIndex> {
  const cache = hashOf({ folder: list.folder, reader: readerVersion });
  const file = join(cacheFolder(), 'images', `${cache.slice(0, 32)}.tsv`);
  const known = await readEntries(file);
  const entries = new Map<string, Entry>();
  const fresh = await inParallel(list.files, async name => {
    const { entry, isNew } = await look(join(list.folder, name), known.get(name), options.decode);
    entries.set(name, entry);
    return isNew;
  });
  if (fresh.some(Boolean)) await writeEntries(file, new Map([...known, ...entries]));
  const hash = createHash('sha256');
  const broken = new Map<number, string>();
  for (const [i, name] of list.files.entries()) {
    const { sha256, state } = entries.get(name)!;
    hash.update(`${list.labels[i]} ${sha256}\n`);
    if (options.decode && state !== 'whole') broken.set(i, state);
  }
  return { sha256: hash.digest('hex'), broken };
}

async function look(path: string, known: Entry | undefined, decode: boolean) {
  const status = await stat(path, { bigint: true }).catch(error => {
    throw cannotRead(path, error);
  });
  const [size, modified] = [String(status.size), String(status.mtimeNs)];
  const isSame = known?.size === size && known.modified === modified;
  if (isSame && (!decode || known.state !== '-')) return { entry: known, isNew: false };
  const sha256 = isSame ? known.sha256 : await hashFile(path);
  const state = decode ? ((await whyBroken(path)) ?? 'whole').replace(/[\t\n]/g, ' ') : '-';
  return { entry: { size, modified, sha256, state }, isNew: true };
}

async function hashFile(path: string): Promise<string> {
  const bytes = await readFile(path).catch(error => {
    throw cannotRead(path, error);
  });
  return createHash('sha256').update(bytes).digest('hex');
}

function cannotRead(path: string, error: unknown): Failure {
  const { code = 'unknown error' } = error as NodeJS.ErrnoException;
  return new Failure('data', `Expected ${path} to be readable, got \`${code}\``, 'Check its permissions.');
}

/** Calls for every item, some at a time; results in order. */
async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const i = next++;
      results[i] = await work(items[i]!);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return results;
}

/** One line a file. A cache that is damaged or of another form is one that knows nothing. */
async function readEntries(file: string): Promise<Map<string, Entry>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const entries = new Map<string, Entry>();
  for (const line of text.split('\n')) {
    const [name, size, modified, sha256, state, ...more] = line.split('\t');
    if (!name || !size || !modified || !/^[0-9a-f]{64}$/.test(sha256 ?? '') || !state || more.length > 0)
      continue;
    entries.set(name, { size, modified, sha256: sha256!, state });
  }
  return entries;
}

async function writeEntries(file: string, entries: ReadonlyMap<string, Entry>): Promise<void> {
  const lines = [...entries]
    .filter(([name]) => !/[\t\n]/.test(name))
    .map(([name, { size, modified, sha256, state }]) => [name, size, modified, sha256, state].join('\t'));
  // What cannot be kept is found out again.
  await writeAtomic(file, `${lines.join('\n')}\n`).catch(() => {});
}
