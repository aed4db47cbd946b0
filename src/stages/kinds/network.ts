import { layersOf } from '../../measures/layers.ts';
import { learnableConvolutions } from '../../networks/network.ts';
import { writeSafetensors } from '../../weights/safetensors.ts';
import { readPredictor } from '../predictor-file.ts';
import type { NetworkStage } from '../stage.ts';
import { networkFile } from '../target.ts';
import type { Workshop } from '../workshop.ts';
import type { Outcome } from './outcome.ts';

/** The whole network that a predictor stands for: its learnable convolutions predicted, all else the target's. */
export async function network({ configuration, inputs }: NetworkStage, workshop: Workshop): Promise<Outcome> {
  const { target, representation, predict } = await workshop.bench(configuration, inputs);
  const parameters = await readPredictor(workshop, inputs.predictor!, representation.predictorShapes);
  const width = representation.kernels.rows.shape[1]!;
  const layers = layersOf(await predict(parameters), width, learnableConvolutions(target.network));
  const weights = new Map([
    ...target.weights,
    ...layers.map(({ name, shape, data }) => [name, { shape, data }] as const),
  ]);
  return { record: {}, files: new Map([[networkFile, writeSafetensors(weights)]]) };
}
