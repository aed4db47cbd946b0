import { type Placed, present } from '../contract/placed.ts';
import { Failure } from '../failure.ts';
import type { Engine } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import {
  initialisePredictor,
  matchMoments,
  momentsOf,
  variancePreserving,
} from '../nern/predictor/initialise.ts';
import { parameterCount } from '../nern/predictor/predictor-shapes.ts';
import { predictionProgram } from '../nern/predictor/reconstruct.ts';
import type { ParameterShapes } from '../optim/parameters.ts';
import { createRandom } from '../random.ts';
import { readCheckpoint } from '../weights/checkpoint.ts';
import type { Representation } from './represent.ts';

/**
 * The predictor's parameters before the first iteration, as `predictor.init` says. Throws a Failure of kind 'checkpoint'
 * where a file is missing or does not hold this predictor.
 */
export async function initialParameters(
  engine: Engine,
  representation: Representation,
  configuration: Placed,
  seed: number,
): Promise<Float32Array> {
  const { init } = configuration.predictor;
  const { predictorShapes, kernels } = representation;
  if (init.method === 'framework') return initialisePredictor(predictorShapes, createRandom(seed, 'init'));
  if (init.method === 'checkpoint') {
    return (await readInitial(init.file, predictorShapes)).parameters;
  }
  const parameters = variancePreserving(predictorShapes, createRandom(seed, 'init'));
  const program = await engine.compile(predictionProgram(representation));
  const { kernels: predicted } = await program.run({
    parameters: { shape: [parameters.length], data: parameters },
  });
  await program.dispose();
  const mask = kernels.mask?.data;
  return matchMoments(
    parameters,
    predictorShapes,
    momentsOf(predicted!.data, mask),
    momentsOf(kernels.rows.data, mask),
  );
}

/**
 * The parameters in the checkpoint of `predictor.init.file`, and its hash in hexadecimal. Throws a Failure of
 * kind 'checkpoint' where it is missing or not of these shapes.
 */
export async function readInitial(
  path: string,
  shapes: ParameterShapes,
): Promise<{ parameters: Float32Array; sha256: string }> {
  const file = await present(path, 'predictor.init.file');
  const { tensors, sha256 } = await readCheckpoint(file);
  return { parameters: parametersOf(tensors, file, shapes), sha256 };
}

/** The predictor's parameters out of a checkpoint's tensors. */
export function parametersOf(
  tensors: ReadonlyMap<string, Tensor>,
  file: string,
  shapes: ParameterShapes,
): Float32Array {
  const last = shapes.length / 2 - 1;
  const parameters = new Float32Array(parameterCount(shapes));
  let at = 0;
  for (const [i, shape] of shapes.entries()) {
    const [layer, part] = [i >> 1, i % 2 === 0 ? 'weight' : 'bias'];
    // The authors' predictors call their last layer so.
    const theirs = layer === last ? tensors.get(`final_linear_layer.${part}`) : undefined;
    const tensor = tensors.get(`layers.${layer}.${part}`) ?? theirs;
    if (tensor?.shape.join() !== shape.join()) {
      throw new Failure(
        'checkpoint',
        `Expected \`layers.${layer}.${part}\` of ${file} to be of shape [${shape.join(', ')}], ` +
          (tensor ? `got [${tensor.shape.join(', ')}]` : 'found none'),
        'A predictor can start only from one with the same layers, hidden size, architecture and embedding.',
      );
    }
    parameters.set(tensor.data, at);
    at += tensor.data.length;
  }
  return parameters;
}
