import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { objectFolder, readObject } from '../files/object.ts';
import { workFolder } from '../files/work-folder.ts';
import { keysOfPlan } from '../plan/frozen-plan.ts';
import { plansOf } from '../plan/plan-file.ts';
import { abandonedLocks, locksFolder, takeLock } from './lock.ts';
import { isLeft, remainsBelow, sizeOf } from './remains.ts';
import { keysIn, storeFolder } from './store.ts';
import { clearedOf, clearWork } from './work.ts';

/** Something in a folder of sweeps that none of them needs. */
export interface Garbage {
  /**
   * `object`: what a stage left behind; `work`: what one that is not done did; `attempt`: what a killed attempt did at a
   * stage that another has done; `lock`: of an attempt that was killed; `remains`: of a write that was killed.
   */
  readonly what: 'object' | 'work' | 'attempt' | 'lock' | 'remains';
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

/**
 * What a folder of sweeps holds that no plan of these sweeps names, objects and work that was begun, and what was left by
 * attempts and writes that were killed. A sweep whose folder was removed is no sweep of it any more. Throws a Failure of
 * kind 'environment' where a plan cannot be read.
 */
export async function takeInventory(runs: string): Promise<Inventory> {
  const { keys: needed, sweeps } = await neededKeys(runs);
  const store = storeFolder(runs);
  const objects = await keysIn(store);
  const begun = (await namesIn(join(store, 'work'))).filter(key => /^[0-9a-f]{64}$/.test(key));
  const paths: Omit<Garbage, 'bytes'>[] = [];
  for (const key of objects)
    if (!needed.has(key)) paths.push({ what: 'object', key, path: objectFolder(store, key) });
  for (const key of begun) {
    const path = workFolder(store, key);
    if (!needed.has(key)) paths.push({ what: 'work', key, path });
    else if (objects.has(key) && (await isLeftOver(store, key))) paths.push({ what: 'attempt', key, path });
  }
  for (const key of await abandonedLocks(store))
    paths.push({ what: 'lock', key, path: join(locksFolder(store), key) });
  // Those in folders that go are counted with these; in an object there are none.
  const passed = new Set([
    ...paths.map(({ path }) => path),
    ...[...objects].map(key => objectFolder(store, key)),
  ]);
  for (const path of await remainsBelow([store, ...sweeps], passed)) paths.push({ what: 'remains', path });
  const garbage = await Promise.all(paths.map(async one => ({ ...one, bytes: await bytesOf(one) })));
  return { objects: objects.size, sweeps: sweeps.length, garbage };
}

/** Removes what an inventory found, but for what a runner is at; returns how many bytes that freed. */
export async function collectGarbage(runs: string, garbage: readonly Garbage[]): Promise<number> {
  const store = storeFolder(runs);
  let freed = 0;
  for (const one of garbage) {
    if (one.key === undefined ? await removeRemains(one) : await removeOfStage(one, one.key, store))
      freed += one.bytes;
  }
  return freed;
}

async function removeRemains({ path }: Garbage): Promise<boolean> {
  // A name may have been taken again since.
  if (!(await isLeft(path))) return false;
  await rm(path, { recursive: true, force: true });
  return true;
}

async function removeOfStage({ what, path }: Garbage, key: string, store: string): Promise<boolean> {
  const lock = await takeLock(store, key);
  if (lock.state === 'held') return false;
  try {
    if (what === 'attempt') {
      if (!(await isLeftOver(store, key))) return false;
      await clearWork(path);
    } else if (what !== 'lock') await rm(path, { recursive: true, force: true });
  } finally {
    await lock.release();
  }
  return true;
}

/** Whether a stage is done, and more of an attempt at it is there than what it printed. */
async function isLeftOver(store: string, key: string): Promise<boolean> {
  const cleared = await clearedOf(workFolder(store, key));
  return cleared.length > 0 && (await readObject(objectFolder(store, key), key)).state === 'complete';
}

async function bytesOf({ what, path }: Omit<Garbage, 'bytes'>): Promise<number> {
  const sizes = await Promise.all((what === 'attempt' ? await clearedOf(path) : [path]).map(sizeOf));
  return sizes.reduce((a, b) => a + b, 0);
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/** The stages of every plan that is kept of every sweep, and the folders of these sweeps. */
async function neededKeys(runs: string): Promise<{ keys: Set<string>; sweeps: string[] }> {
  const keys = new Set<string>();
  const sweeps: string[] = [];
  for (const name of await namesIn(runs)) {
    const folder = join(runs, name);
    const plans = await plansOf(folder);
    if (plans.length > 0) sweeps.push(folder);
    for (const file of plans) for await (const key of keysOfPlan(file)) keys.add(key);
  }
  return { keys, sweeps };
}
