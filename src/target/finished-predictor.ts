import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { GivenRun, Placed } from '../contract/placed.ts';
import type { LayerPermutation } from '../nern/ordering/permutation.ts';
import { permutationOf } from '../spec/permutation.ts';
import { readCheckpoint } from '../weights/checkpoint.ts';
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
 * Reads the predictor in a run's folder, and its target: from the file `weights` where that is given, else from the folder when
 * progressive rounds made it, else as the configuration says. Throws a Failure of kind 'checkpoint'.
 */
export async function predictorOfRun(
  { configuration, directory }: Pick<GivenRun, 'configuration' | 'directory'>,
  weights?: string,
): Promise<FinishedPredictor> {
  const { target: settings } = configuration;
  const own = join(directory, targetFile);
  const { from: _, train: __, ...rest } = settings;
  // The network that a stage made is as it was represented: taken from where it was, and pruned.
  const given =
    weights !== undefined
      ? { ...rest, weights }
      : existsSync(own)
        ? { ...rest, weights: own, prune: 0 }
        : settings;
  const target = await loadTarget({ ...configuration, target: given });
  const file = join(directory, predictorFile);
  const { tensors } = await readCheckpoint(file);
  return {
    target,
    parameters: parametersOf(tensors, file, shapesOf(target.network, configuration)),
    permutations: await permutationOfRun(directory, target, configuration),
  };
}

/** As it lies in the run's folder; else, for want of it, found again. */
async function permutationOfRun(folder: string, target: Target, configuration: Placed) {
  const { mode } = permutationOf(configuration);
  if (mode !== 'none' && existsSync(join(folder, permutationFile)))
    return readPermutation(folder, mode, target);
  return orderKernels(target, configuration, availableParallelism());
}
