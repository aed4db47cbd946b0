import { objectFolder, readObject, type StoredObject } from '../../src/files/object.ts';

/** An object that is in a store, and where it lies. */
export async function objectIn(store: string, key: string): Promise<StoredObject & { folder: string }> {
  const folder = objectFolder(store, key);
  const read = await readObject(folder, key);
  if (read.state !== 'complete') throw new Error(`Expected an object in ${folder}, got \`${read.state}\``);
  return { ...read.object, folder };
}
