import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import type { LayerPermutation } from '../nern/ordering/permutation.ts';
import type { Configuration } from '../spec/configuration.ts';
import { permutationOf } from '../spec/permutation.ts';
import { readCheckpoint } from '../weights/checkpoint.ts';
import type { FinishedRun } from './finished-run.ts';
import { parametersOf } from './initial.ts';
import { orderKernels } from './order-kernels.ts';
import { permutationFile, readPermutation } from './permutation-file.ts';
import { predictorFile } from './predictor-file.ts';
import { shapesOf } from './represent.ts';
import { loadTarget, type Target, targetFile } from './target.ts';

/** What a finished run represents, and the predictor that does so. */
export interface FinishedPredictor {
  readonly target: Target;
  readonly parameters: Float32Array;
  readonly permutations: readonly LayerPermutation[];
}

/**
 * Reads the predictor in a run's folder, and its target: from `weights` where that is given, else from the folder when
 * progressive rounds made it, else as the configuration says. Throws a Failure of kind 'checkpoint'.
 */
export async function predictorOfRun(
  { configuration, directory, specFolder }: Pick<FinishedRun, 'configuration' | 'directory' | 'specFolder'>,
  weights?: string,
): Promise<FinishedPredictor> {
  const { target: settings } = configuration;
  const own = join(directory, targetFile);
  const { from: _, train: __, ...rest } = settings;
  // The network that a stage made is as it was represented: taken from where it was, and pruned.
  const given =
    weights !== undefined
      ? { ...rest, weights: resolve(weights) }
      : existsSync(own)
        ? { ...rest, weights: resolve(own), prune: 0 }
        : settings;
  const target = await loadTarget({ ...configuration, target: given }, specFolder);
  const file = join(directory, predictorFile);
  const { tensors } = await readCheckpoint(file);
  return {
    target,
    parameters: parametersOf(tensors, file, shapesOf(target.network, configuration)),
    permutations: await permutationOfRun(directory, target, configuration, specFolder),
  };
}

/** As it lies in the run's folder; else, for want of it, found again. */
async function permutationOfRun(
  folder: string,
  target: Target,
  configuration: Configuration,
  specFolder: string,
) {
  const { mode } = permutationOf(configuration);
  if (mode !== 'none' && existsSync(join(folder, permutationFile)))
    return readPermutation(folder, mode, target);
  return orderKernels(target, configuration, specFolder, availableParallelism());
}
