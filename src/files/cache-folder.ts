import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where things lie that can be found out again: NERN_SWEEP_CACHE, else a folder in the user's cache. */
export function cacheFolder(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA, NERN_SWEEP_CACHE } = process.env;
  if (NERN_SWEEP_CACHE) return NERN_SWEEP_CACHE;
  const base = process.platform === 'win32' ? LOCALAPPDATA : XDG_CACHE_HOME;
  return join(base || join(homedir(), '.cache'), 'nern-sweep');
}
