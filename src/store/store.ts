import { access, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import { objectFolder, readObject, type StoredObject } from '../files/object.ts';

/** The folder of all that stages leave behind, shared by the sweeps of one folder of runs. */
export const storeFolder = (runs: string) => join(runs, '.store');

/** Called when something that was there must not count and was renamed; nothing is ever deleted for it. */
export type SetAside = (file: string, reason: string) => void;

/** What the store holds, as it is looked at from one process. */
export interface Store {
  readonly folder: string;
  /** Whether there is an object of this key, by its name alone: one look at the folders answers for all keys. */
  lists(key: string): boolean;
  /** The object, its checksums checked; a damaged one is set aside and is then none. */
  read(key: string): Promise<StoredObject | undefined>;
}

export async function openStore(folder: string, setAsideTold: SetAside): Promise<Store> {
  const listed = await keysIn(folder);
  const checked = new Map<string, StoredObject>();
  return {
    folder,
    lists: key => listed.has(key),
    async read(key) {
      const known = checked.get(key);
      if (known !== undefined) return known;
      const path = objectFolder(folder, key);
      const read = await readObject(path, key);
      if (read.state === 'complete') {
        // Those of phases are large, and each is of one run.
        if (read.object.kind !== 'phase') checked.set(key, read.object);
        listed.add(key);
        return read.object;
      }
      listed.delete(key);
      if (read.state === 'damaged') setAsideTold(await setAside(path, 'damaged'), read.reason);
      return undefined;
    },
  };
}

/** The keys of all objects. */
export async function keysIn(folder: string): Promise<Set<string>> {
  const prefixes = (await list(folder)).filter(name => /^[0-9a-f]{2}$/.test(name));
  const names = await Promise.all(prefixes.map(prefix => list(join(folder, prefix))));
  return new Set(names.flat().filter(name => /^[0-9a-f]{64}$/.test(name)));
}

async function list(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw new Failure('environment', `Expected ${folder} to be a folder that can be read, got \`${code}\``);
  }
}

/** Renames what must not count any more, and returns its new name. */
export async function setAside(path: string, label: string): Promise<string> {
  for (let n = 1; ; n++) {
    const name = `${path}.${label}-${n}`;
    const taken = await access(name).then(
      () => true,
      () => false,
    );
    if (taken) continue;
    await rename(path, name);
    return name;
  }
}
