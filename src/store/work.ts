import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Why the last attempt at a stage failed. */
export const failureFile = 'failure.json';

/** What the processes of a stage printed. */
export const logFile = 'log.txt';

/** Removes the working folder of a stage that is done; what its process printed stays. */
export async function clearWork(folder: string): Promise<void> {
  const log = join(folder, logFile);
  const printed = await stat(log).then(
    ({ size }) => size > 0,
    () => false,
  );
  const names = await readdir(folder).catch(() => []);
  if (!printed) return rm(folder, { recursive: true, force: true });
  for (const name of names)
    if (name !== logFile) await rm(join(folder, name), { recursive: true, force: true });
}
