import { readWritten } from '../../contract/result-file.ts';
import type { NetworkStage } from '../../contract/stage.ts';
import { Failure } from '../../failure.ts';
import { layersOf } from '../../measures/layers.ts';
import { learnableConvolutions } from '../../networks/network.ts';
import { predictorOfRun } from '../../target/finished-predictor.ts';
import { createPredict } from '../../target/predict.ts';
import { readPredictor } from '../../target/predictor-file.ts';
import { type Representation, represent } from '../../target/represent.ts';
import { networkFile, pruned, type Target } from '../../target/target.ts';
import { writeSafetensors } from '../../weights/safetensors.ts';
import type { Workshop } from '../workshop.ts';
import type { Outcome } from './outcome.ts';

/** The whole network that a predictor stands for: its learnable convolutions predicted, all else the target's. */
export async function network(stage: NetworkStage, workshop: Workshop): Promise<Outcome> {
  const weights = stage.run === undefined ? await ofStage(stage, workshop) : await ofRun(stage, workshop);
  return { record: {}, files: new Map([[networkFile, writeSafetensors(weights)]]) };
}

async function ofStage({ configuration, inputs }: NetworkStage, workshop: Workshop) {
  const { target, representation, predict } = await workshop.bench(configuration, inputs);
  const parameters = await readPredictor(workshop, inputs.predictor!, representation.predictorShapes);
  return reconstructed(target, representation, await predict(parameters));
}

/** Of another sweep's run, as it lies in its folder. */
async function ofRun({ configuration, run: key }: NetworkStage, { engine }: Workshop) {
  const { prune } = configuration.target;
  const run = configuration.run!;
  if ((await readWritten(run.directory))?.key !== key)
    throw new Failure(
      'environment',
      `Expected the run in ${run.directory} to be the one that was planned with, got another result`,
      'The same command again plans with what is there now.',
    );
  const { target, parameters, permutations } = await predictorOfRun(run);
  const representation = represent(target, run.configuration, permutations);
  const kernels = await createPredict(await engine(), representation)(parameters);
  const weights = reconstructed(target, representation, kernels);
  return pruned({ network: target.network, weights }, prune).weights;
}

function reconstructed(target: Target, { kernels: { rows } }: Representation, kernels: Float32Array) {
  const layers = layersOf(kernels, rows.shape[1]!, learnableConvolutions(target.network));
  return new Map([
    ...target.weights,
    ...layers.map(({ name, shape, data }) => [name, { shape, data }] as const),
  ]);
}
