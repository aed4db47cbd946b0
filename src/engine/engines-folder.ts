import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Where this user's engines lie: $NERN_SWEEP_ENGINES, by default nern-sweep in the folder for application data. Not
 * beside the packages, which an installation replaces and which may belong to somebody else.
 */
export function enginesFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.NERN_SWEEP_ENGINES) return resolve(environment.NERN_SWEEP_ENGINES);
  return join(environment.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'nern-sweep');
}
