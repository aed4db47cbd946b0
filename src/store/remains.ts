import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Nothing takes so long to be written, in milliseconds: what is older was killed in the middle of it. */
const longestWrite = 3_600_000;

/** How files and folders are named while they are written, and guards while a lock is taken over. */
const isUnfinished = (name: string) => /^(\..*\.tmp|[0-9a-f]{64}\.takeover)$/.test(name);

/** What is left of writes that were killed below some folders, but for folders that are `passed`. */
export async function remainsBelow(
  folders: readonly string[],
  passed: ReadonlySet<string>,
): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    for (const entry of await entriesOf(folder)) {
      const path = join(folder, entry.name);
      if (isUnfinished(entry.name)) {
        if (await isLeft(path)) found.push(path);
      } else if (entry.isDirectory() && !passed.has(path)) {
        found.push(...(await remainsBelow([path], passed)));
      }
    }
  }
  return found;
}

/** Whether nobody writes it any more. */
export async function isLeft(path: string): Promise<boolean> {
  const status = await stat(path).catch(() => undefined);
  return status !== undefined && Date.now() - status.mtimeMs > longestWrite;
}

/** The bytes of a file, or of all files below a folder. */
export async function sizeOf(path: string): Promise<number> {
  const status = await stat(path).catch(() => undefined);
  if (!status?.isDirectory()) return status?.size ?? 0;
  let size = 0;
  for (const { name } of await entriesOf(path)) size += await sizeOf(join(path, name));
  return size;
}

/** Links are no folders of them. */
const entriesOf = (folder: string): Promise<Dirent[]> =>
  readdir(folder, { withFileTypes: true }).catch(() => []);
