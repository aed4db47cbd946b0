import type { Engine, Feeds } from '../graph/program.ts';
import { sizeOf, type Tensor } from '../graph/tensor.ts';
import { kernelCount } from '../nern/coordinates.ts';
import { kernelEmbedding } from '../nern/predictor/kernel-embedding.ts';
import { predictorShapes } from '../nern/predictor/predictor-shapes.ts';
import { lossNames, type StepDefinition, trainingStep } from '../nern/step/training-step.ts';
import { targetKernels } from '../nern/target-kernels.ts';
import { learnableConvolutions, type Network, parameterShapes } from '../networks/network.ts';
import { resnet } from '../networks/resnet.ts';
import { once } from '../once.ts';
import type { ParameterShapes } from '../optim/parameters.ts';
import { ranger } from '../optim/ranger.ts';
import { createRandom, type Random } from '../random.ts';

/** Training without a checkpoint or data: everything is drawn from a fixed seed. */
export interface SyntheticTraining {
  readonly depth: number;
  readonly hidden: number;
  /** Levels of the embedding. */
  readonly levels: number;
  /** Kernels drawn for each step. */
  readonly sample: number;
  readonly images: number;
  /** Images that go through the networks together. */
  readonly imagesAtOnce: number;
  readonly alpha: number;
  readonly beta: number;
  readonly learningRate: number;
}

export type Losses = Record<(typeof lossNames)[number], number>;

export interface Trainer {
  /** The predictor's parameters after the steps so far. */
  parameters(): Float32Array;
  /** One step, with distillation or without. */
  step(distilling: boolean): Promise<Losses>;
}

/** What a training begins with. */
export interface Start {
  /** The step that distils; without `distillation` it is the other one. */
  readonly definition: StepDefinition;
  /** Of the predictor. */
  readonly parameters: Float32Array;
}

/** A random ResNet, and a random predictor that knows nothing of it. */
export function syntheticStart(training: SyntheticTraining): Start {
  const definition = syntheticStep(training);
  return {
    definition,
    parameters: randomPredictor(definition.predictorShapes, createRandom(0, 'predictor')),
  };
}

/** Trains a predictor of a ResNet on random images; equal on every machine but for the engine's rounding. */
export function syntheticTrainer(
  engine: Engine,
  training: SyntheticTraining,
  start: Start = syntheticStart(training),
): Trainer {
  const random = createRandom(0, 'draws');
  const { definition } = start;
  const { network } = definition.target;
  const { optimizer, distillation, ...rest } = definition;
  const programs = {
    full: once(() => engine.compile(trainingStep(definition))),
    reconstruction: once(() => engine.compile(trainingStep({ optimizer, distillation: undefined, ...rest }))),
  };
  const count = kernelCount(learnableConvolutions(network));
  let { parameters } = start;
  let state = optimizer.initialState(parameters);
  let steps = 0;
  return {
    parameters: () => parameters,
    async step(distilling) {
      const sample = Int32Array.from({ length: training.sample }, () => random.below(count));
      const pixels = distilling ? normals(random, training.images * sizeOf(network.input)) : undefined;
      const feeds: Feeds = {
        ...vectors({ parameters, ...state }),
        ...scalars(optimizer.scalars(steps++, training.learningRate)),
        sample: { shape: [sample.length], data: sample },
        ...(pixels && { images: { shape: [training.images, ...network.input], data: pixels } }),
      };
      const step = await (distilling ? programs.full() : programs.reconstruction());
      const result = await step.run(feeds);
      parameters = result.parameters!.data;
      state = Object.fromEntries(optimizer.stateNames.map(name => [name, result[name]!.data]));
      return Object.fromEntries(lossNames.map(name => [name, result[name]!.data[0]!])) as Losses;
    },
  };
}

/**
 * He-scaled, with kernels of the target's size: those of a fresh predictor are all alike, and the network that has them
 * is dead.
 */
function randomPredictor(shapes: ParameterShapes, random: Random): Float32Array {
  const layers = shapes.map((shape, i) => {
    const isLast = i >= shapes.length - 2;
    const spread = shape.length > 1 ? Math.sqrt((isLast ? 0.02 : 2) / shape[1]!) : 0.02;
    return normals(random, sizeOf(shape)).map(value => spread * value);
  });
  return Float32Array.from(layers.flatMap(layer => [...layer]));
}

/** The step that distils; without `distillation` it is the other one. */
export function syntheticStep(training: SyntheticTraining): StepDefinition {
  const { depth, hidden, levels, sample, images, imagesAtOnce, alpha, beta } = training;
  const network = resnet(depth, 'A', 10);
  const layers = learnableConvolutions(network);
  const weights = randomWeights(network, createRandom(0, 'weights'));
  const inOrder = Uint32Array.from({ length: kernelCount(layers) }, (_, i) => i);
  return {
    target: { network, weights },
    kernels: targetKernels(network, weights),
    embedding: kernelEmbedding(layers, inOrder, { base: 0.76, levels }),
    predictorShapes: predictorShapes({ inputs: 6 * levels, hidden, outputs: 9 }),
    // Looks ahead every second step, so that few steps go through all of the optimizer.
    optimizer: ranger({
      betas: [0.5, 0.9],
      eps: 1e-5,
      weightDecay: 1e-3,
      lookahead: { every: 2, rate: 0.5 },
    }),
    sample,
    root: 'sampled',
    distillation: { images, imagesAtOnce, alpha, beta },
  };
}

/** He-scaled convolutions with batch norms that are near the identity. */
function randomWeights(network: Network, random: Random): Map<string, Tensor> {
  const valuesOf = (name: string, shape: readonly number[]) => {
    const spread = shape.length > 1 ? Math.sqrt(2 / sizeOf(shape.slice(1))) : 0.1;
    const centre = /running_var|bn\d\.weight/.test(name) ? 1 : 0;
    return normals(random, sizeOf(shape)).map(value => centre + Math.max(-2, Math.min(2, value)) * spread);
  };
  return new Map(
    [...parameterShapes(network)].map(([name, shape]) => [name, { shape, data: valuesOf(name, shape) }]),
  );
}

const normals = (random: Random, length: number) => Float32Array.from({ length }, () => random.normal());

const vectors = (named: Readonly<Record<string, Float32Array>>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(named).map(([name, data]) => [name, { shape: [data.length], data }]));

const scalars = (named: Readonly<Record<string, number>>): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(named).map(([name, x]) => [name, { shape: [], data: Float32Array.of(x) }]),
  );
