import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import type { Layer } from '../nern/coordinates.ts';
import { unpackAll } from '../nern/ordering/packed-permutation.ts';
import type { LayerPermutation, PermutationMode } from '../nern/ordering/permutation.ts';
import { learnableConvolutions } from '../networks/network.ts';
import type { Target } from './target.ts';

/** The file of a permutation: its layers packed (src/nern/ordering/packed-permutation.ts), one after the other. */
export const permutationFile = 'permutation.bin';

/** The permutation of a target in a folder. Throws a Failure of kind 'checkpoint' where it is damaged. */
export async function readPermutation(
  folder: string,
  mode: PermutationMode,
  { network }: Target,
): Promise<LayerPermutation[]> {
  const file = join(folder, permutationFile);
  const layers: Layer[] = learnableConvolutions(network);
  const permutations = unpackAll(layers, mode, await readFile(file));
  if (permutations !== undefined) return permutations;
  throw new Failure(
    'checkpoint',
    `Expected ${file} to hold a permutation of ${network.name}, got other bytes`,
    'It is damaged: run its sweep again.',
  );
}
