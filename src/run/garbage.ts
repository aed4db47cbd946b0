import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import { objectFolder } from '../files/object.ts';
import { workFolder } from '../stages/work-folder.ts';
import { takeLock } from './lock.ts';
import { keysIn, storeFolder } from './store.ts';
import { planFile } from './trials.ts';

/** Something in a store that no plan of a sweep beside it names. */
export interface Garbage {
  readonly path: string;
  readonly key: string;
  readonly bytes: number;
}

export interface Inventory {
  /** How many objects there are in all, and how many sweeps need some. */
  readonly objects: number;
  readonly sweeps: number;
  readonly garbage: readonly Garbage[];
}

/**
 * What the store of a folder of sweeps holds that no plan of these sweeps names: objects, and work that was begun. A
 * sweep whose folder was removed is no sweep of it any more.
 */
export async function takeInventory(runs: string): Promise<Inventory> {
  const { keys: needed, sweeps } = await neededKeys(runs);
  const store = storeFolder(runs);
  const objects = await keysIn(store);
  const begun = (await readdir(join(store, 'work')).catch(() => [])).filter(key =>
    /^[0-9a-f]{64}$/.test(key),
  );
  const paths = [
    ...[...objects].map(key => ({ key, path: objectFolder(store, key) })),
    ...begun.map(key => ({ key, path: workFolder(store, key) })),
  ].filter(({ key }) => !needed.has(key));
  const garbage = await Promise.all(paths.map(async one => ({ ...one, bytes: await sizeOf(one.path) })));
  return { objects: objects.size, sweeps, garbage };
}

/** Removes what an inventory found, but for what a runner is at; returns how many bytes that freed. */
export async function collectGarbage(runs: string, garbage: readonly Garbage[]): Promise<number> {
  let freed = 0;
  for (const { key, path, bytes } of garbage) {
    const lock = await takeLock(storeFolder(runs), key);
    if (lock.state === 'held') continue;
    await rm(path, { recursive: true, force: true }).finally(lock.release);
    freed += bytes;
  }
  return freed;
}

async function neededKeys(runs: string): Promise<{ keys: Set<string>; sweeps: number }> {
  const keys = new Set<string>();
  let sweeps = 0;
  for (const name of await readdir(runs).catch(() => [])) {
    const text = await readFile(join(runs, name, planFile), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    sweeps++;
    for (const key of keysOfPlan(text, join(runs, name, planFile))) keys.add(key);
  }
  return { keys, sweeps };
}

/** Throws a Failure of kind 'environment': of a plan that cannot be read nobody knows what it needs. */
function keysOfPlan(text: string, file: string): string[] {
  try {
    return text
      .trimEnd()
      .split('\n')
      .flatMap(line => JSON.parse(line).stages ?? []);
  } catch {
    throw new Failure(
      'environment',
      `Expected ${file} to be a plan, got a damaged one`,
      'Run its spec again, or remove the folder of that sweep.',
    );
  }
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(
    names.map(name =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((a, b) => a + b, 0);
}
