import { type Placed, present } from '../contract/placed.ts';
import type { LayerPermutation } from '../nern/ordering/permutation.ts';
import { parameter } from '../networks/forward.ts';
import { learnableConvolutions } from '../networks/network.ts';
import { permutationOf } from '../spec/permutation.ts';
import { readGivenPermutation } from './given-permutation.ts';
import { permuteLayers } from './permute-layers.ts';
import type { Target } from './target.ts';

/** The permutation that a configuration asks for, found in so many threads, or given. Throws a Failure. */
export async function orderKernels(
  target: Target,
  configuration: Placed,
  threads: number,
): Promise<readonly LayerPermutation[]> {
  const { mode, twoOpt, file } = permutationOf(configuration);
  if (file !== undefined) {
    const path = await present(file, 'permutation.file');
    return (await readGivenPermutation(path, mode, target)).permutations;
  }
  const layers = learnableConvolutions(target.network).map(step => parameter(target.weights, step.weight));
  return permuteLayers(layers, mode, twoOpt, threads);
}
