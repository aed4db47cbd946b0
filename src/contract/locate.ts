import { access } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Failure } from '../failure.ts';
import type { Configuration } from '../spec/configuration.ts';

/**
 * The folder of the datasets: `data.root`, from the spec's folder; without it the environment variable
 * NERN_SWEEP_DATA or `data`, from the working directory.
 */
export function dataRoot({ data }: Configuration, specFolder: string): string {
  return data.root === undefined
    ? resolve(process.env.NERN_SWEEP_DATA || 'data')
    : resolve(specFolder, data.root);
}

/** The weights that come with the package: resnet8 trained on the built-in image set. */
export const embeddedWeights = fileURLToPath(
  new URL('../../assets/resnet8-procedural.safetensors', import.meta.url),
);

/** The file with a network's weights, which the setting at `path` names. Throws a Failure of kind 'checkpoint'. */
export async function weightsFile(
  configuration: Configuration,
  path: string,
  weights: string,
  specFolder: string,
): Promise<string> {
  return weights === 'embedded' ? embeddedWeights : locateFile(configuration, path, weights, specFolder);
}

/**
 * The file that the setting at `path` names: as given when absolute, else beside the spec, else in the data root. Throws
 * a Failure of kind 'checkpoint'.
 */
export async function locateFile(
  configuration: Configuration,
  path: string,
  file: string,
  specFolder: string,
): Promise<string> {
  const candidates = isAbsolute(file)
    ? [file]
    : [...new Set([resolve(specFolder, file), resolve(dataRoot(configuration, specFolder), file)])];
  for (const candidate of candidates) {
    const there = await access(candidate).then(
      () => true,
      () => false,
    );
    if (there) return candidate;
  }
  throw new Failure(
    'checkpoint',
    `Expected \`${path}\` to be a file, found none at ${candidates.join(' or ')}`,
    'Give an absolute path, one relative to the spec, or one inside the folder that NERN_SWEEP_DATA names.',
  );
}
