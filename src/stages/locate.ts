import { access } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
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

/** Where a weights file may lie, best first: as given when absolute, else beside the spec, else in the data root. */
export function weightsCandidates(configuration: Configuration, specFolder: string): string[] {
  const { weights } = configuration.target;
  if (isAbsolute(weights)) return [weights];
  return [...new Set([resolve(specFolder, weights), resolve(dataRoot(configuration, specFolder), weights)])];
}

/** The weights file of a target whose weights are not embedded. Throws a Failure of kind 'checkpoint'. */
export async function weightsFile(configuration: Configuration, specFolder: string): Promise<string> {
  const candidates = weightsCandidates(configuration, specFolder);
  for (const candidate of candidates) {
    const there = await access(candidate).then(
      () => true,
      () => false,
    );
    if (there) return candidate;
  }
  throw new Failure(
    'checkpoint',
    `Expected \`target.weights\` to be a file, found none at ${candidates.join(' or ')}`,
    'Give an absolute path, one relative to the spec, or one inside the folder that NERN_SWEEP_DATA names.',
  );
}
