import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** The folder of the real data sets and checkpoints, which are no part of this repository. */
export const sharedData = resolve(process.env.NERN_SWEEP_DATA ?? resolve(repository, '../shared/data'));

/**
 * A test that needs `path` below the folder of real data. Where it is missing the test is skipped, and its name says so;
 * but not in CI when the folder is there: then all of it must be, or a file that moved would go unnoticed.
 */
export function testWith(path: string, name: string, body: (path: string) => Promise<void> | void): void {
  const full = resolve(sharedData, path);
  const promised = process.env.CI === 'true' && existsSync(sharedData);
  const missing = !promised && !existsSync(full);
  test.skipIf(missing)(missing ? `${name} (needs ${path} in NERN_SWEEP_DATA)` : name, () => body(full));
}
