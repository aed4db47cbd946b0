import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/engine/onnx/engine.ts';
import { gradients } from '../../src/graph/gradient.ts';
import { sum } from '../../src/graph/reduction.ts';
import { sizeOf, type Tensor } from '../../src/graph/tensor.ts';
import { input, type OperationKind, reachable } from '../../src/graph/value.ts';
import { type Activation, activate } from '../../src/nern/activation.ts';
import { kernelCoordinates, kernelCount } from '../../src/nern/coordinates.ts';
import { embedCoordinates } from '../../src/nern/embedding.ts';
import { matchMoments, momentsOf } from '../../src/nern/initialise.ts';
import { type EmbeddingSettings, kernelEmbedding } from '../../src/nern/kernel-embedding.ts';
import type { Optimizer } from '../../src/nern/optimizer.ts';
import { createOptimizer } from '../../src/nern/optimizers.ts';
import { predictorShapes } from '../../src/nern/predictor-shapes.ts';
import { type KernelPredictor, predictionProgram } from '../../src/nern/reconstruct.ts';
import { sampledLayers } from '../../src/nern/sampler.ts';
import { learningRate } from '../../src/nern/schedule.ts';
import { type StepDefinition, trainingStep } from '../../src/nern/step.ts';
import { targetKernels } from '../../src/nern/target-kernels.ts';
import { matchParameters } from '../../src/networks/keys.ts';
import { learnableConvolutions } from '../../src/networks/network.ts';
import { resnet } from '../../src/networks/resnet.ts';
import { readSafetensors } from '../../src/weights/safetensors.ts';

/** The options of the method as PyTorch computes them (bench/peers/options_reference.py). */
const fixtures = new URL('../fixtures/', import.meta.url);
const json = (file: string) => JSON.parse(readFileSync(new URL(file, fixtures), 'utf8'));
const tensorsOf = (file: string) => readSafetensors(readFileSync(new URL(file, fixtures)), file);
const steps = json('options/steps.json');
const recorded = tensorsOf('options/steps.safetensors');
const optimizers = json('options/optimizers.json');

const engine = createOnnxEngine(1);
afterAll(() => engine.dispose());

/** The largest difference between two vectors, relative to the larger one's largest value. */
function relativeError(got: Float32Array, expected: ArrayLike<number>): number {
  expect(got).toHaveLength(expected.length);
  let [difference, largest] = [0, 0];
  for (const [i, value] of Array.from(expected).entries()) {
    difference = Math.max(difference, Math.abs(got[i]! - value));
    largest = Math.max(largest, Math.abs(value));
  }
  return difference / largest;
}

const network = resnet(8, 'B', 10, steps.widths);
const layers = learnableConvolutions(network);
const stored = [...tensorsOf('step/shortcut-b.safetensors')];
const weights = matchParameters(
  network,
  new Map(stored.flatMap(([name, t]) => (name.startsWith('target/') ? [[name.slice(7), t]] : []))),
  'fixture',
);
const kernels = targetKernels(network, weights);
const inOrder = Uint32Array.from({ length: kernelCount(layers) }, (_, i) => i);
const allImages = tensorsOf('step/images.safetensors').get('images')!;
const images = {
  shape: allImages.shape.slice(1),
  data: allImages.data.slice(0, sizeOf(allImages.shape.slice(1))),
};

// biome-ignore format: one field a line says no more
interface Case {
  name: string; layers: number; architecture: 'plain'; activation: Activation; resample: 'centre';
  method: 'positional' | 'fourier'; fusion: 'sum'; normalize: 'none' | 'global' | 'local';
  reconstruction: 'rms'; kd: 'stable'; temperature: number; fmd: 'per-image'; clip: { norm?: number }; reconstructionWeight: number;
  distils: boolean; root: 'exact'; layer: number | null; alpha: number; beta: number;
  sample: number[]; shapes: number[][]; losses: Record<string, number>;
}

const revealGradient: Optimizer = {
  stateNames: [],
  scalarNames: [],
  initialState: () => ({}),
  scalars: () => ({}),
  update: ({ gradient }) => ({ parameters: gradient, state: {} }),
};

function predictorOf(of: Case): KernelPredictor {
  const { architecture, activation, layers: depth, resample, normalize } = of;
  const settings: EmbeddingSettings =
    of.method === 'fourier'
      ? { method: 'fourier', levels: steps.levels, scales: [1, 0.1, 0.1], seed: 0, normalize }
      : { base: steps.base, levels: steps.levels, fusion: of.fusion, normalize };
  const embedding = kernelEmbedding(layers, inOrder, settings);
  const directions = recorded.get(`${of.name}/directions`);
  const table = directions && embedCoordinates(coordinates(normalize), directions);
  const sizes = { inputs: embedding.size, hidden: steps.hidden, outputs: 9, layers: depth, architecture };
  const shapes = predictorShapes(sizes);
  expect(shapes).toEqual(of.shapes);
  return {
    kernels,
    embedding: table ? { ...embedding, code: { kind: 'joint', table } } : embedding,
    predictorShapes: shapes,
    predictorForm: { architecture, activation },
    resampling: resample,
  };
}

/** (l, f, c) of every kernel, raw or divided by the extents of its layer. */
function coordinates(normalize: Case['normalize']): Float32Array {
  const raw = kernelCoordinates(layers);
  if (normalize === 'none') return Float32Array.from(raw);
  return Float32Array.from(raw, (value, i) => {
    const [filters, channels] = layers[raw[i - (i % 3)]!]!.shape;
    return value / [layers.length, filters, channels][i % 3]!;
  });
}

const parameterVector = (name: string) => {
  const { data } = recorded.get(`${name}/initial`)!;
  return { shape: [data.length], data };
};

describe('the gradient of a step', () => {
  test.each<Case>(steps.cases)('$name', async of => {
    const { reconstruction, reconstructionWeight, kd, temperature, fmd, alpha, beta } = of;
    const definition: StepDefinition = {
      ...predictorOf(of),
      target: { network, weights },
      losses: { reconstruction, reconstructionWeight, kd, temperature, fmd },
      optimizer: revealGradient,
      clipping: of.clip,
      sample: of.sample.length,
      sampledLayers: of.layer === null ? undefined : [of.layer],
      root: of.root,
      // In slices of 2 where the loss can be a sum over slices.
      distillation: of.distils ? { images: 4, imagesAtOnce: 2, alpha, beta } : undefined,
    };
    const step = await engine.compile(trainingStep(definition));
    const result = await step.run({
      parameters: parameterVector(of.name),
      sample: { shape: [of.sample.length], data: Int32Array.from(of.sample) },
      images,
    });
    expect(relativeError(result.parameters!.data, recorded.get(`${of.name}/gradient`)!.data)).toBeLessThan(
      2e-5,
    );
    if (of.root === 'exact') {
      for (const name of of.distils ? (['reconstruction', 'kd', 'fmd'] as const) : ['reconstruction']) {
        expect(result[name]!.data[0]! / of.losses[name]! - 1, name).toBeCloseTo(0, 4);
      }
    }
  });

  test('of layers with equally many kernels comes from one program, with nothing below them', async () => {
    const one: Case = steps.cases.find(({ name }: Case) => name === 'layer');
    const sizes = layers.map(({ shape }) => shape[0] * shape[1]);
    const alike = sampledLayers({ method: 'random-layer' }, sizes, one.sample.length)!;
    expect(alike).toEqual([3, 5]);
    const program = (among: number[] | undefined) =>
      trainingStep({
        ...predictorOf(one),
        target: { network, weights },
        optimizer: revealGradient,
        sample: one.sample.length,
        sampledLayers: among,
        root: 'exact',
        distillation: { images: 4, imagesAtOnce: 4, alpha: one.alpha, beta: one.beta },
      });
    const step = await engine.compile(program(alike));
    const result = await step.run({
      parameters: parameterVector('layer'),
      sample: { shape: [one.sample.length], data: Int32Array.from(one.sample) },
      images,
    });
    expect(relativeError(result.parameters!.data, recorded.get('layer/gradient')!.data)).toBeLessThan(2e-5);
    const count = (among: number[] | undefined, kind: OperationKind) =>
      reachable(Object.values(program(among).outputs)).filter(({ operation }) => operation.kind === kind)
        .length;
    expect(count(alike, 'convolutionFilterGradient')).toBe(2);
    expect(count(undefined, 'convolutionFilterGradient')).toBe(layers.length);
    // The second stage begins with layer 3: above it are its own second convolution and the third stage's three.
    expect(count(alike, 'convolutionInputGradient')).toBe(4);
  });
});

describe('activations', () => {
  const { points, ...curves } = steps.activations;
  test.each(Object.keys(curves) as Activation[])('%s', async activation => {
    const x = input('x', [points.length]);
    const values = activate(x, activation);
    const [derivatives] = gradients(sum(values), [x]) as [typeof x];
    const program = await engine.compile({ name: 'activation', outputs: { values, derivatives } });
    const result = await program.run({ x: { shape: [points.length], data: Float32Array.from(points) } });
    for (const part of ['values', 'derivatives'] as const) {
      for (const [i, expected] of curves[activation][part].entries()) {
        expect(Math.abs(result[part]!.data[i]! - expected), `${part} at ${points[i]}`).toBeLessThan(3e-6);
      }
    }
  });
});

test('Fourier features of coordinates', () => {
  const { directions, coordinates, embedding } = steps.fourier;
  const { shape, data } = embedCoordinates(Float32Array.from(coordinates.flat()), {
    shape: [9, 3],
    data: Float32Array.from(directions),
  });
  expect(shape).toEqual([coordinates.length, 18]);
  const worst = Math.max(...embedding.flat().map((value: number, i: number) => Math.abs(value - data[i]!)));
  expect(worst).toBeLessThan(1e-4);
});

test('a matched initialisation has the mean and the deviation of the weights', async () => {
  const paper: Case = steps.cases.find(({ name }: Case) => name === 'paper');
  const predictor = predictorOf(paper);
  const parameters = parameterVector('paper');
  const program = await engine.compile(predictionProgram(predictor));
  const predict = async (data: Float32Array) =>
    momentsOf((await program.run({ parameters: { ...parameters, data } })).kernels!.data, kernels.mask?.data);
  const wanted = momentsOf(kernels.rows.data, kernels.mask?.data);
  expect(wanted.mean).toBeCloseTo(steps.matched.wanted.mean, 7);
  expect(wanted.deviation).toBeCloseTo(steps.matched.wanted.deviation, 7);
  const found = await predict(parameters.data);
  const matched = matchMoments(parameters.data, predictor.predictorShapes, found, wanted);
  const { lastLayer } = steps.matched;
  expect(relativeError(matched.slice(-lastLayer.length), lastLayer)).toBeLessThan(1e-5);
  expect(matched.slice(0, -lastLayer.length)).toEqual(parameters.data.slice(0, -lastLayer.length));
  const moments = await predict(matched);
  expect(moments.mean).toBeCloseTo(wanted.mean, 6);
  expect(moments.deviation).toBeCloseTo(wanted.deviation, 6);
});

describe('14 steps of an optimizer', () => {
  test.each(Object.keys(optimizers.optimizers))('%s', async name => {
    const { options, parameters: expected } = optimizers.optimizers[name];
    const optimizer = createOptimizer(options);
    const { shapes, gradients } = optimizers;
    const vector = (data: ArrayLike<number>): Tensor => ({
      shape: [data.length],
      data: Float32Array.from(data),
    });
    const length = optimizers.initial.length;
    const inputs = (names: readonly string[], shape: readonly number[]) =>
      Object.fromEntries(names.map(name => [name, input(name, shape)]));
    const updated = optimizer.update({
      parameters: input('parameters', [length]),
      gradient: input('gradient', [length]),
      state: inputs(optimizer.stateNames, [length]),
      scalars: inputs(optimizer.scalarNames, []),
      shapes,
    });
    const program = await engine.compile({
      name: 'update',
      outputs: { parameters: updated.parameters, ...updated.state },
    });
    let parameters = vector(optimizers.initial);
    let state = Object.entries(optimizer.initialState(parameters.data));
    for (const [i, gradient] of gradients.entries()) {
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
    expect(relativeError(parameters.data, expected)).toBeLessThan(1e-5);
  });
});

test.each<{ schedule: Parameters<typeof learningRate>[0]; rates: number[] }>(optimizers.schedules)(
  'the learning rates of $schedule',
  ({ schedule, rates }) => {
    for (const [t, rate] of rates.entries()) {
      expect(learningRate(schedule, 5e-3, t, rates.length) / rate - 1, `iteration ${t}`).toBeCloseTo(0, 9);
    }
  },
);
