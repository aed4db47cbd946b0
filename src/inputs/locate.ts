import { isAbsolute, resolve } from 'node:path';
import { exists, type Files, noFile, settingAt } from '../contract/placed.ts';
import { Failure } from '../failure.ts';
import type { Configuration } from '../spec/configuration.ts';

/** The settings that name files and folders, but for those of phases. */
const settings = [
  ...['target', 'target.train.teacher', 'teacher'].flatMap(network => [
    `${network}.network.file`,
    `${network}.weights`,
  ]),
  'permutation.file',
  'predictor.init.file',
  'data.folder',
  ...['train', 'test'].flatMap(split => [`data.arrays.${split}.images`, `data.arrays.${split}.labels`]),
  'data.source.folder',
  'data.source.images',
].map(setting => setting.split('.'));

/** What comes with the package and is no path. */
const builtIn = 'embedded';

/** Where the files of a configuration are, and what is to be said of those that are nowhere, by the path given for them. */
export interface Located {
  readonly files: Files;
  readonly missing: ReadonlyMap<string, Failure>;
}

/**
 * Finds the files and folders that configurations of a spec in this folder name: as given when absolute, else beside the
 * spec, else in the data root. That is `data.root`, from the spec's folder; without it the environment variable
 * NERN_SWEEP_DATA or `data`, from the working directory. What is nowhere is given the first of these places.
 */
export function createLocate(specFolder: string): (configuration: Configuration) => Promise<Located> {
  const usual = resolve(process.env.NERN_SWEEP_DATA || 'data');
  const known = new Map<string, Promise<string | undefined>>();
  const firstOf = (candidates: readonly string[]) => {
    const name = candidates.join('\0');
    const found = known.get(name) ?? firstThere(candidates);
    known.set(name, found);
    return found;
  };
  return async configuration => {
    const { phases, data } = configuration;
    const root = data.root === undefined ? usual : resolve(specFolder, data.root);
    const files: Record<string, string> & Files = { 'data.root': root };
    const missing = new Map<string, Failure>();
    const ofPhases =
      typeof phases === 'string' ? [] : phases.map((_, i) => ['phases', `${i}`, 'from', 'file']);
    for (const keys of [...settings, ...ofPhases]) {
      const named = settingAt(configuration, keys);
      if (typeof named !== 'string' || named === builtIn) continue;
      const candidates = isAbsolute(named)
        ? [named]
        : [...new Set([resolve(specFolder, named), resolve(root, named)])];
      const path = (await firstOf(candidates)) ?? candidates[0]!;
      const setting = keys.join('.');
      files[setting] = path;
      if ((await firstOf(candidates)) === undefined)
        missing.set(path, noFile(keys[0] === 'phases' ? 'predictor.init.file' : setting, candidates));
    }
    return { files, missing };
  };
}

async function firstThere(candidates: readonly string[]): Promise<string | undefined> {
  for (const candidate of candidates) if (await exists(candidate)) return candidate;
  return undefined;
}

/** An error about a file that was not found: with all the places where it might have been. */
export function withPlaces(error: unknown, missing: Located['missing']): unknown {
  if (!(error instanceof Failure) || typeof error.details.path !== 'string') return error;
  const all = missing.get(error.details.path);
  return all === undefined ? error : new Failure(all.kind, all.message, all.hint, error.details);
}
