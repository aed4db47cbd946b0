import { readFileSync } from 'node:fs';
import { createOnnxEngine } from '../../src/engine/onnx/engine.ts';
import { gradients } from '../../src/graph/gradient.ts';
import { sum } from '../../src/graph/reduction.ts';
import { sizeOf, type Tensor } from '../../src/graph/tensor.ts';
import { input } from '../../src/graph/value.ts';
import { kernelCoordinates, kernelCount } from '../../src/nern/coordinates.ts';
import { type Activation, activate } from '../../src/nern/predictor/activation.ts';
import { embedCoordinates } from '../../src/nern/predictor/embedding.ts';
import {
  type EmbeddingSettings,
  embeddingSize,
  kernelEmbedding,
} from '../../src/nern/predictor/kernel-embedding.ts';
import { predictorShapes } from '../../src/nern/predictor/predictor-shapes.ts';
import type { KernelPredictor } from '../../src/nern/predictor/reconstruct.ts';
import { lossNames, type StepDefinition, trainingStep } from '../../src/nern/step/training-step.ts';
import { targetKernels } from '../../src/nern/target-kernels.ts';
import { matchParameters } from '../../src/networks/keys.ts';
import { learnableConvolutions } from '../../src/networks/network.ts';
import { resnet } from '../../src/networks/resnet.ts';
import { createOptimizer, type OptimizerSettings } from '../../src/optim/optimizers.ts';
import { learningRate, type Schedule } from '../../src/optim/schedule.ts';
import { createGuide } from '../../src/training/guidance.ts';
import { readSafetensors } from '../../src/weights/safetensors.ts';
import { revealGradient } from './reveal-gradient.ts';

/* The options of the method beside what PyTorch computes (bench/peers/options_reference.py). */

const fixtures = new URL('../fixtures/', import.meta.url);
const json = (file: string) => JSON.parse(readFileSync(new URL(file, fixtures), 'utf8'));
const tensorsOf = (file: string) => readSafetensors(readFileSync(new URL(file, fixtures)), file);

/** A step with some options, in a spec's words. */
export interface StepCase {
  readonly name: string;
  readonly layers: number;
  readonly architecture: 'plain' | 'nerf' | 'residual';
  readonly activation: Activation;
  readonly resample: 'centre' | 'average' | 'max';
  readonly method: 'positional' | 'fourier';
  readonly fusion: 'concatenate' | 'sum';
  readonly normalize: 'none' | 'global' | 'local';
  readonly reconstruction: 'rms' | 'layer-mse';
  readonly reconstructionWeight: number;
  readonly kd: 'stable' | 'plain' | 'stable-both';
  readonly temperature: number;
  readonly fmd: 'per-image' | 'per-batch' | 'gram';
  readonly clip: { readonly norm?: number; readonly scope?: 'tensor' | 'all'; readonly value?: number };
  readonly distils: boolean;
  readonly root: 'exact' | 'sampled';
  /** The layer that the sample is; null: kernels of all. */
  readonly layer: number | null;
  /** Whether there is no sample, but gradient through all kernels. */
  readonly all: boolean;
  readonly alpha: number;
  readonly beta: number;
  readonly sample: readonly number[];
  readonly shapes: readonly (readonly number[])[];
  readonly losses: Readonly<Record<string, number>>;
}

const steps = json('options/steps.json');
const recorded = tensorsOf('options/steps.safetensors');
const optimizers = json('options/optimizers.json');

export const stepCases: readonly StepCase[] = steps.cases;
export const stepCase = (name: string): StepCase => stepCases.find(of => of.name === name)!;
export const fourierReference: { directions: number[]; coordinates: number[][]; embedding: number[][] } =
  steps.fourier;
export const matchedReference: { wanted: { mean: number; deviation: number }; lastLayer: number[] } =
  steps.matched;
export const activationNames = Object.keys(steps.activations).filter(
  name => name !== 'points',
) as Activation[];
export const optimizerNames: readonly string[] = Object.keys(optimizers.optimizers);
export const scheduleCases: readonly { schedule: Schedule; rates: number[] }[] = optimizers.schedules;

export const engine = createOnnxEngine(1);

/** The largest difference between two vectors, relative to the second's largest value. */
export function relativeError(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (got.length !== expected.length) return Number.POSITIVE_INFINITY;
  let [difference, largest] = [0, 0];
  for (const [i, value] of Array.from(expected).entries()) {
    difference = Math.max(difference, Math.abs(got[i]! - value));
    largest = Math.max(largest, Math.abs(value));
  }
  return difference / largest;
}

const network = resnet(8, 'B', 10, steps.widths);
export const layers = learnableConvolutions(network);
const stored = [...tensorsOf('step/shortcut-b.safetensors')];
const weights = matchParameters(
  network,
  new Map(stored.flatMap(([name, t]) => (name.startsWith('target/') ? [[name.slice(7), t]] : []))),
  'fixture',
);
export const kernels = targetKernels(network, weights);
const allImages = tensorsOf('step/images.safetensors').get('images')!;
const imageShape = allImages.shape.slice(1);
const images = { shape: imageShape, data: allImages.data.slice(0, sizeOf(imageShape)) };

/** The predictor of a case; Fourier features with the directions that PyTorch drew. */
export function predictorOf(of: StepCase): KernelPredictor {
  const { architecture, activation, layers: depth, resample, normalize } = of;
  const settings: EmbeddingSettings =
    of.method === 'fourier'
      ? { method: 'fourier', levels: steps.levels, scales: [1, 0.1, 0.1], seed: 0, normalize }
      : { base: steps.base, levels: steps.levels, fusion: of.fusion, normalize };
  const inOrder = Uint32Array.from({ length: kernelCount(layers) }, (_, i) => i);
  const embedding = kernelEmbedding(layers, inOrder, settings);
  const directions = recorded.get(`${of.name}/directions`);
  const table = directions && embedCoordinates(coordinates(normalize), directions);
  const sizes = {
    inputs: embeddingSize(settings),
    hidden: steps.hidden,
    outputs: 9,
    layers: depth,
    architecture,
  };
  return {
    kernels,
    embedding: table ? { ...embedding, code: { kind: 'joint', table } } : embedding,
    predictorShapes: predictorShapes(sizes),
    predictorForm: { architecture, activation },
    resampling: resample,
  };
}

/** (l, f, c) of every kernel, raw or divided by the extents of its layer. */
function coordinates(normalize: StepCase['normalize']): Float32Array {
  const raw = kernelCoordinates(layers);
  if (normalize === 'none') return Float32Array.from(raw);
  return Float32Array.from(raw, (value, i) => {
    const [filters, channels] = layers[raw[i - (i % 3)]!]!.shape;
    return value / [layers.length, filters, channels][i % 3]!;
  });
}

export function initialOf(name: string): Tensor {
  const { data } = recorded.get(`${name}/initial`)!;
  return { shape: [data.length], data };
}

/** The step of a case, whose sample may be of `sampledLayers`; the images pass the networks `imagesAtOnce`. */
export function programOf(of: StepCase, sampledLayers: readonly number[] | undefined, imagesAtOnce: number) {
  const { reconstruction, reconstructionWeight, kd, temperature, fmd, alpha, beta } = of;
  const definition: StepDefinition = {
    ...predictorOf(of),
    target: { network, weights },
    losses: { reconstruction, reconstructionWeight, kd, temperature, fmd },
    optimizer: revealGradient,
    clipping: of.clip,
    sample: of.all ? undefined : of.sample.length,
    sampledLayers,
    root: of.root,
    distillation: of.distils ? { images: 4, imagesAtOnce, alpha, beta } : undefined,
  };
  return trainingStep(definition);
}

/** How far the gradient, and each loss, is from PyTorch's. */
export async function stepErrors(
  of: StepCase,
  program = programOf(of, of.layer === null ? undefined : [of.layer], 2),
): Promise<{ gradient: number; losses: Record<string, number> }> {
  const step = await engine.compile(program);
  const result = await step.run({
    parameters: initialOf(of.name),
    sample: { shape: [of.sample.length], data: Int32Array.from(of.sample) },
    images,
    // What is learned from is given to a step that compares no feature maps.
    guidance: await createGuide(engine, { network, weights }, 4)(images, 0),
  });
  await step.dispose();
  // Without its weight a step that learns from given logits does not compute the feature map loss: it tells 0.
  const acts = (name: string) => name !== 'fmd' || of.beta > 0 || result.fmd!.data[0] !== 0;
  const compared = lossNames.filter(
    name => of.losses[name] !== undefined && of.root === 'exact' && acts(name),
  );
  return {
    gradient: relativeError(result.parameters!.data, recorded.get(`${of.name}/gradient`)!.data),
    losses: Object.fromEntries(
      compared.map(name => [name, Math.abs(result[name]!.data[0]! / of.losses[name]! - 1)]),
    ),
  };
}

/** The largest absolute error of an activation's values and derivatives in [-9, 9]. */
export async function activationError(activation: Activation): Promise<number> {
  const { points, [activation]: expected } = steps.activations;
  const x = input('x', [points.length]);
  const values = activate(x, activation);
  const [derivatives] = gradients(sum(values), [x]) as [typeof x];
  const program = await engine.compile({ name: 'activation', outputs: { values, derivatives } });
  const result = await program.run({ x: { shape: [points.length], data: Float32Array.from(points) } });
  const errors = (['values', 'derivatives'] as const).flatMap(part =>
    expected[part].map((value: number, i: number) => Math.abs(result[part].data[i]! - value)),
  );
  return Math.max(...errors);
}

const vector = (data: ArrayLike<number>): Tensor => ({ shape: [data.length], data: Float32Array.from(data) });

/** The error of all parameters after 14 steps of an optimizer. */
export async function optimizerError(name: string): Promise<number> {
  const options: OptimizerSettings & { lr: number } = optimizers.optimizers[name].options;
  const optimizer = createOptimizer(options);
  const length = optimizers.initial.length;
  const inputs = (names: readonly string[], shape: readonly number[]) =>
    Object.fromEntries(names.map(name => [name, input(name, shape)]));
  const updated = optimizer.update({
    parameters: input('parameters', [length]),
    gradient: input('gradient', [length]),
    state: inputs(optimizer.stateNames, [length]),
    scalars: inputs(optimizer.scalarNames, []),
    shapes: optimizers.shapes,
  });
  const program = await engine.compile({
    name: 'update',
    outputs: { parameters: updated.parameters, ...updated.state },
  });
  let parameters = vector(optimizers.initial);
  let state = Object.entries(optimizer.initialState(parameters.data));
  for (const [i, gradient] of optimizers.gradients.entries()) {
    const scalars = Object.entries(optimizer.scalars(i, options.lr));
    const result: Record<string, Tensor> = await program.run({
      parameters,
      gradient: vector(gradient),
      ...Object.fromEntries(state.map(([name, data]) => [name, vector(data)])),
      ...Object.fromEntries(scalars.map(([name, x]) => [name, { shape: [], data: Float32Array.of(x) }])),
    });
    parameters = result.parameters!;
    state = optimizer.stateNames.map(name => [name, result[name]!.data]);
  }
  return relativeError(parameters.data, optimizers.optimizers[name].parameters);
}

/** The largest relative error of a schedule's learning rates. */
export function scheduleError({ schedule, rates }: (typeof scheduleCases)[number]): number {
  return Math.max(
    ...rates.map((rate, t) => Math.abs(learningRate(schedule, 5e-3, t, rates.length) / rate - 1)),
  );
}
