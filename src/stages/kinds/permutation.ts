import type { PermutationRecord } from '../../contract/result.ts';
import type { PermutationStage } from '../../contract/stage.ts';
import { packAll } from '../../nern/ordering/packed-permutation.ts';
import { overheadBits, permutedRows } from '../../nern/ordering/permutation.ts';
import { smoothnessLoss } from '../../nern/ordering/smoothness.ts';
import { parameter } from '../../networks/forward.ts';
import { learnableConvolutions } from '../../networks/network.ts';
import { permutationOf } from '../../spec/permutation.ts';
import { orderKernels } from '../../target/order-kernels.ts';
import { permutationFile } from '../../target/permutation-file.ts';
import type { Workshop } from '../workshop.ts';
import type { Outcome } from './outcome.ts';

/** Orders the kernels of the target (NeRN, section 3.3). */
export async function permutation(
  { configuration, inputs }: PermutationStage,
  workshop: Workshop,
): Promise<Outcome> {
  const { engine } = workshop.job;
  const target = await workshop.target(configuration, inputs);
  const layers = learnableConvolutions(target.network).map(({ weight }) => parameter(target.weights, weight));
  const permutations = await orderKernels(target, configuration, engine.threads);
  const rows = permutedRows(layers, permutations);
  const record: PermutationRecord = {
    bits: overheadBits(layers, permutationOf(configuration).mode),
    smoothness: {
      before: smoothnessLoss(
        layers,
        rows.map((_, row) => row),
      ),
      after: smoothnessLoss(layers, rows),
    },
  };
  return { record, files: new Map([[permutationFile, packAll(layers, permutations)]]) };
}
