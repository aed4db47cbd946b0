import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Why the last attempt at a stage failed. */
export const failureFile = 'failure.json';

/** What the processes of a stage printed. */
export const logFile = 'log.txt';

/** Removes the working folder of a stage that is done; what its process printed stays. */
export async function clearWork(folder: string): Promise<void> {
  for (const path of await clearedOf(folder)) await rm(path, { recursive: true, force: true });
}

/** What of the working folder of a stage that is done goes: all of it where its process printed nothing. */
export async function clearedOf(folder: string): Promise<string[]> {
  const printed = await stat(join(folder, logFile)).then(
    ({ size }) => size > 0,
    () => false,
  );
  if (!printed) return [folder];
  const names = await readdir(folder).catch(() => []);
  return names.filter(name => name !== logFile).map(name => join(folder, name));
}
