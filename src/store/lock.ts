import { open, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { cannotWrite, makeFolder } from '../files/atomic.ts';

/** How often the owner of a lock shows that it is alive, and how long after the last sign it is taken for dead. */
const heartbeat = 10_000;
const patience = 60_000;

interface Owner {
  readonly host: string;
  readonly pid: number;
}

export type Taking =
  | { readonly state: 'taken'; readonly release: () => Promise<void> }
  | { readonly state: 'held'; readonly owner: string };

/**
 * Takes the lock of a stage, so that no two runners do it at once: a file that names its owner and is touched while the
 * owner lives. A lock whose owner is dead is taken over. Throws a Failure of kind 'environment' when it cannot be written.
 */
export async function takeLock(store: string, key: string): Promise<Taking> {
  const folder = locksFolder(store);
  const file = join(folder, key);
  await makeFolder(folder);
  if (await create(file)) return { state: 'taken', release: keepAlive(file) };
  if ((await holderOf(file)) === undefined && (await takeOver(file)))
    return { state: 'taken', release: keepAlive(file) };
  const owner = await holderOf(file);
  return { state: 'held', owner: owner ? `process ${owner.pid} on ${owner.host}` : 'another process' };
}

export const locksFolder = (store: string) => join(store, 'locks');

/** The keys of the locks whose owner is dead. */
export async function abandonedLocks(store: string): Promise<string[]> {
  const names = await readdir(locksFolder(store)).catch(() => []);
  const abandoned: string[] = [];
  for (const key of names.filter(name => /^[0-9a-f]{64}$/.test(name))) {
    const file = join(locksFolder(store), key);
    const owner = await ownerOf(file);
    if (owner !== undefined && !(await isAlive(file, owner))) abandoned.push(key);
  }
  return abandoned;
}

/** The living owner of a lock, if there is one. */
async function holderOf(file: string): Promise<Owner | undefined> {
  const owner = await ownerOf(file);
  return owner !== undefined && (await isAlive(file, owner)) ? owner : undefined;
}

/** In place of a dead owner; of several that try, one at a time looks again and acts. */
async function takeOver(file: string): Promise<boolean> {
  const guard = `${file}.takeover`;
  if (!(await create(guard))) {
    // Whoever died in here leaves the guard for a while.
    const status = await stat(guard).catch(() => undefined);
    if (status && Date.now() - status.mtimeMs > patience) await rm(guard, { force: true });
    return false;
  }
  try {
    if ((await holderOf(file)) !== undefined) return false;
    await rm(file, { force: true });
    return await create(file);
  } finally {
    await rm(guard, { force: true });
  }
}

async function create(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    const owner: Owner = { host: hostname(), pid: process.pid };
    await handle.writeFile(JSON.stringify(owner));
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cannotWrite(file, error);
  }
}

/** Undefined when it was released meanwhile; one that died while it wrote its name has no process. */
async function ownerOf(file: string): Promise<Owner | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Owner;
  } catch {
    return { host: 'an unknown host', pid: 0 };
  }
}

async function isAlive(file: string, { host, pid }: Owner): Promise<boolean> {
  if (host === hostname() && pid > 0 && !isRunning(pid)) return false;
  const status = await stat(file).catch(() => undefined);
  return status === undefined || Date.now() - status.mtimeMs < patience;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function keepAlive(file: string): () => Promise<void> {
  const timer = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => {});
  }, heartbeat);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await rm(file, { force: true });
  };
}
