import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** The folder of the real data sets and checkpoints, which are no part of this repository. */
export const sharedData = resolve(process.env.NERN_SWEEP_DATA ?? resolve(repository, '../shared/data'));

/** A test that needs `path` below the folder of real data; skipped where it is missing, and its name says so. */
export function testWith(path: string, name: string, body: (path: string) => Promise<void> | void): void {
  const full = resolve(sharedData, path);
  if (existsSync(full)) test(name, () => body(full));
  else test.skip(`${name} (needs ${path} in NERN_SWEEP_DATA)`, () => {});
}
