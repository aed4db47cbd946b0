import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isTemporary, objectFolder } from '../files/object.ts';
import { workFolder } from '../files/work-folder.ts';
import { keysOfPlan } from '../plan/frozen-plan.ts';
import { plansOf } from '../plan/plan-file.ts';
import { takeLock } from './lock.ts';
import { keysIn, storeFolder } from './store.ts';

/** Something in a store that no sweep beside it needs. */
export interface Garbage {
  /** `object`: what a stage left behind; `work`: what one that is not done did; `remains`: of a write that was killed. */
  readonly what: 'object' | 'work' | 'remains';
  readonly path: string;
  /** Of the stage. */
  readonly key?: string;
  readonly bytes: number;
}

export interface Inventory {
  /** How many objects there are in all, and how many sweeps need some. */
  readonly objects: number;
  readonly sweeps: number;
  readonly garbage: readonly Garbage[];
}

/** No object takes so long to be written, in milliseconds: what is older was killed in the middle of it. */
const longestWrite = 3_600_000;

/**
 * What the store of a folder of sweeps holds that no plan of these sweeps names: objects, and work that was begun; and what
 * is left of objects whose writing was killed. A sweep whose folder was removed is no sweep of it any more. Throws a
 * Failure of kind 'environment' where a plan cannot be read.
 */
export async function takeInventory(runs: string): Promise<Inventory> {
  const { keys: needed, sweeps } = await neededKeys(runs);
  const store = storeFolder(runs);
  const objects = await keysIn(store);
  const begun = (await readdir(join(store, 'work')).catch(() => [])).filter(key =>
    /^[0-9a-f]{64}$/.test(key),
  );
  const ofStages = [
    ...[...objects].map(key => ({ what: 'object' as const, key, path: objectFolder(store, key) })),
    ...begun.map(key => ({ what: 'work' as const, key, path: workFolder(store, key) })),
  ].filter(({ key }) => !needed.has(key));
  const remains = (await remainsIn(store)).map(path => ({ what: 'remains' as const, path }));
  const paths = [...ofStages, ...remains];
  const garbage = await Promise.all(paths.map(async one => ({ ...one, bytes: await sizeOf(one.path) })));
  return { objects: objects.size, sweeps, garbage };
}

/** Removes what an inventory found, but for what a runner is at; returns how many bytes that freed. */
export async function collectGarbage(runs: string, garbage: readonly Garbage[]): Promise<number> {
  let freed = 0;
  for (const { key, path, bytes } of garbage) {
    const lock = key === undefined ? undefined : await takeLock(storeFolder(runs), key);
    if (lock?.state === 'held') continue;
    await rm(path, { recursive: true, force: true }).finally(lock?.release);
    freed += bytes;
  }
  return freed;
}

/** The stages of every plan that is kept of every sweep. */
async function neededKeys(runs: string): Promise<{ keys: Set<string>; sweeps: number }> {
  const keys = new Set<string>();
  let sweeps = 0;
  for (const name of await readdir(runs).catch(() => [])) {
    const plans = await plansOf(join(runs, name));
    if (plans.length > 0) sweeps++;
    for (const file of plans) for await (const key of keysOfPlan(file)) keys.add(key);
  }
  return { keys, sweeps };
}

async function remainsIn(store: string): Promise<string[]> {
  const parents = (await readdir(store).catch(() => [])).filter(name => /^[0-9a-f]{2}$/.test(name));
  const paths = await Promise.all(
    parents.map(async parent => {
      const names = await readdir(join(store, parent)).catch(() => []);
      return names.filter(isTemporary).map(name => join(store, parent, name));
    }),
  );
  const old = await Promise.all(
    paths.flat().map(async path => {
      const status = await stat(path).catch(() => undefined);
      return status !== undefined && Date.now() - status.mtimeMs > longestWrite ? [path] : [];
    }),
  );
  return old.flat();
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
