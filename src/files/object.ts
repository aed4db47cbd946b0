import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hashOf } from '../canonical-json.ts';
import { Failure } from '../failure.ts';
import { cannotWrite, makeFolder, syncFolder, writeSynced } from './atomic.ts';

/**
 * What a stage leaves behind: a folder with files and `object.json`, which tells what it is and holds the checksum of
 * everything. It is there as a whole or not at all, and nothing in it ever changes.
 */
export interface StoredObject {
  readonly schemaVersion: 1;
  readonly kind: string;
  readonly key: string;
  /** What was found, as JSON. */
  readonly record: unknown;
  /** How it came about; the only part that may differ between two objects of the same key. */
  readonly provenance: unknown;
  /** sha256 of each file, in hexadecimal. */
  readonly files: Readonly<Record<string, string>>;
}

/** Where an object lies in a store. Spread over folders, for no file system likes a million in one. */
export const objectFolder = (store: string, key: string) => join(store, key.slice(0, 2), key);

/** What an object is made of. */
export interface ObjectContent extends Pick<StoredObject, 'kind' | 'key' | 'record' | 'provenance'> {
  readonly files: ReadonlyMap<string, FileContent>;
}

/** The bytes, or the path of a file of the same file system that holds them: it is moved. */
export type FileContent = string | Uint8Array | { readonly path: string };

export type ReadObject =
  | { readonly state: 'complete'; readonly object: StoredObject }
  | { readonly state: 'absent' }
  | { readonly state: 'damaged'; readonly reason: string };

const manifest = 'object.json';

/**
 * Writes the object in one step; where there is one already, that stays. Throws a Failure of kind 'environment' when the
 * folder cannot be written.
 */
export async function writeObject(folder: string, { files, ...rest }: ObjectContent): Promise<void> {
  const parent = dirname(folder);
  const temporary = join(parent, `.${randomUUID()}.tmp`);
  try {
    await makeFolder(parent);
    await mkdir(temporary);
    const sums: Record<string, string> = {};
    for (const [name, data] of files) {
      const file = join(temporary, name);
      if (isElsewhere(data)) await rename(data.path, file);
      else await writeSynced(file, data);
      sums[name] = sha256(isElsewhere(data) ? await readFile(file) : data);
    }
    const object: StoredObject = { schemaVersion: 1, ...rest, files: sums };
    const text = `${JSON.stringify({ ...object, checksum: hashOf(object) }, null, 1)}\n`;
    // What is written as something else, as NaN is, would be set aside and computed again for ever.
    if (parse(text) === undefined)
      throw new TypeError(`Expected the record of a ${rest.kind} to be JSON data`);
    await writeSynced(join(temporary, manifest), text);
    await syncFolder(temporary);
    await rename(temporary, folder).catch(async error => {
      if (!isTaken(error)) throw error;
    });
    await syncFolder(parent);
  } catch (error) {
    throw error instanceof Failure || error instanceof TypeError ? error : cannotWrite(folder, error);
  } finally {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
  }
}

const isElsewhere = (data: FileContent): data is Extract<FileContent, { readonly path: string }> =>
  typeof data === 'object' && !(data instanceof Uint8Array);

const isTaken = (error: NodeJS.ErrnoException) => error.code === 'ENOTEMPTY' || error.code === 'EEXIST';

/** Reads an object back with the checksums of all its files. */
export async function readObject(folder: string, key: string): Promise<ReadObject> {
  let text: string;
  try {
    text = await readFile(join(folder, manifest), 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      return existsSync(folder) ? { state: 'damaged', reason: `it lacks ${manifest}` } : { state: 'absent' };
    throw new Failure('environment', `Expected ${folder} to be readable, got \`${message}\``);
  }
  const object = parse(text);
  if (object?.key !== key) return { state: 'damaged', reason: 'its checksum does not fit' };
  for (const [name, sum] of Object.entries(object.files)) {
    const data = await readFile(join(folder, name)).catch(() => undefined);
    if (data === undefined) return { state: 'damaged', reason: `it lacks ${name}` };
    if (sha256(data) !== sum) return { state: 'damaged', reason: `the checksum of ${name} does not fit` };
  }
  return { state: 'complete', object };
}

function parse(text: string): StoredObject | undefined {
  try {
    const { checksum, ...object } = JSON.parse(text) as StoredObject & { checksum: unknown };
    return checksum === hashOf(object) && object.schemaVersion === 1 ? object : undefined;
  } catch {
    return undefined;
  }
}

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');
