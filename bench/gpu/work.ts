import type { Engine, Feeds } from '../../src/graph/program.ts';
import { sizeOf, type Tensor } from '../../src/graph/tensor.ts';
import { kernelCount } from '../../src/nern/coordinates.ts';
import { initialisePredictor } from '../../src/nern/predictor/initialise.ts';
import { kernelEmbedding } from '../../src/nern/predictor/kernel-embedding.ts';
import { predictorShapes } from '../../src/nern/predictor/predictor-shapes.ts';
import { classificationProgram } from '../../src/nern/predictor/reconstruct.ts';
import { trainingStep } from '../../src/nern/step/training-step.ts';
import { type TargetKernels, targetKernels } from '../../src/nern/target-kernels.ts';
import { learnableConvolutions, type Network, parameterShapes } from '../../src/networks/network.ts';
import { resnet } from '../../src/networks/resnet.ts';
import { ranger } from '../../src/optim/ranger.ts';
import { createRandom, type Random } from '../../src/random.ts';
import type { Case } from './cases.ts';

interface Target {
  readonly network: Network;
  readonly weights: ReadonlyMap<string, Tensor>;
  readonly kernels: TargetKernels;
}

/**
 * What one repeat of a case does, compiled: hidden size 160, 240 embedding values, 4,096 sampled kernels, Ranger; all
 * values drawn from a seed beforehand, because times do not depend on them. Images and parameters go to the device and
 * the results come back in every repeat, as in training.
 */
export async function prepare(
  engine: Engine,
  { work, depth, images }: Case,
): Promise<() => Promise<unknown>> {
  const random = createRandom(0, 'bench');
  const network = resnet(depth, 'A', 10);
  const weights = randomWeights(network, random);
  const target = { network, weights, kernels: targetKernels(network, weights) };
  const shape = [images, ...network.input];
  const batch = {
    images: { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => random.normal()) },
  };
  return work === 'inference'
    ? inference(engine, target, batch)
    : training(engine, target, batch, random, work === 'full' ? images : undefined);
}

async function inference(engine: Engine, { network, weights, kernels }: Target, batch: { images: Tensor }) {
  const program = classificationProgram(network, weights, kernels, batch.images.shape[0]!);
  const executable = await engine.compile(program);
  return () => executable.run({ ...batch, kernels: kernels.rows });
}

async function training(
  engine: Engine,
  { network, weights, kernels }: Target,
  batch: { images: Tensor },
  random: Random,
  images: number | undefined,
) {
  const layers = learnableConvolutions(network);
  const count = kernelCount(layers);
  const inOrder = Uint32Array.from({ length: count }, (_, i) => i);
  const shapes = predictorShapes({ inputs: 240, hidden: 160, outputs: 9 });
  const lookahead = { every: 6, rate: 0.5 };
  const optimizer = ranger({ betas: [0.5, 0.999], eps: 1e-5, weightDecay: 1e-3, lookahead });
  const executable = await engine.compile(
    trainingStep({
      target: { network, weights },
      kernels,
      embedding: kernelEmbedding(layers, inOrder, { base: 0.76, levels: 40 }),
      predictorShapes: shapes,
      optimizer,
      sample: 4096,
      root: 'sampled',
      distillation:
        images === undefined
          ? undefined
          : { images, imagesAtOnce: engine.imagesAtOnce, alpha: 1e-4, beta: 1e-4 },
    }),
  );
  const parameters = initialisePredictor(shapes, createRandom(0, 'init'));
  let state: Record<string, Float32Array> = { parameters, ...optimizer.initialState(parameters) };
  let steps = 0;
  return async () => {
    const sample = Int32Array.from({ length: 4096 }, () => random.below(count));
    const feeds: Record<string, Feeds[string]> = { ...batch, sample: { shape: [4096], data: sample } };
    for (const [name, data] of Object.entries(state)) feeds[name] = { shape: [data.length], data };
    for (const [name, x] of Object.entries(optimizer.scalars(steps++, 5e-3))) {
      feeds[name] = { shape: [], data: Float32Array.of(x) };
    }
    const result = await executable.run(feeds);
    state = Object.fromEntries(Object.keys(state).map(name => [name, result[name]!.data]));
  };
}

function randomWeights(network: Network, random: Random): Map<string, Tensor> {
  return new Map(
    [...parameterShapes(network)].map(([name, shape]): [string, Tensor] => {
      const spread = shape.length > 1 ? Math.sqrt(2 / sizeOf(shape.slice(1))) : 0;
      const centre = /running_var|bn\d\.weight/.test(name) ? 1 : 0;
      const value = () => centre + spread * random.normal();
      return [name, { shape, data: Float32Array.from({ length: sizeOf(shape) }, value) }];
    }),
  );
}
