import { permute } from '../../nern/permutation.ts';
import { parameter } from '../../networks/forward.ts';
import { learnableConvolutions } from '../../networks/network.ts';
import { encodePermutation, permutationFile } from '../permutation-file.ts';
import type { PermutationStage } from '../stage.ts';
import type { Workshop } from '../workshop.ts';
import type { Outcome } from './outcome.ts';

/** Orders the kernels of the target (NeRN, section 3.3). */
export async function permutation(
  { configuration, inputs }: PermutationStage,
  workshop: Workshop,
): Promise<Outcome> {
  const { network, weights } = await workshop.target(configuration, inputs);
  const layers = learnableConvolutions(network).map(step => parameter(weights, step.weight));
  const { record, bytes } = encodePermutation(permute(layers, configuration.permutation));
  return { record, files: new Map([[permutationFile, bytes]]) };
}
