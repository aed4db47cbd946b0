import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Engine, Feeds } from '../../src/graph/program.ts';
import { sizeOf, type Tensor } from '../../src/graph/tensor.ts';
import { adam } from '../../src/nern/adam.ts';
import { kernelCount } from '../../src/nern/coordinates.ts';
import { kernelEmbedding } from '../../src/nern/kernel-embedding.ts';
import { ranger } from '../../src/nern/ranger.ts';
import { type StepDefinition, trainingStep } from '../../src/nern/step.ts';
import { targetKernels } from '../../src/nern/target-kernels.ts';
import { matchParameters } from '../../src/networks/keys.ts';
import { learnableConvolutions, type Network } from '../../src/networks/network.ts';
import { resnet } from '../../src/networks/resnet.ts';
import { readSafetensors } from '../../src/weights/safetensors.ts';
import { revealGradient } from '../support/reveal-gradient.ts';
import { describeEngines, isSlow, tolerance } from './engines.ts';

/** One training step computed by PyTorch (bench/peers/step_reference.py), for a tiny ResNet8 of either shortcut. */
const folder = new URL('../fixtures/step/', import.meta.url);
const tensorsOf = (file: string) => readSafetensors(readFileSync(new URL(file, folder)), file);
const images = tensorsOf('images.safetensors').get('images')!;

/** The largest difference between two vectors, relative to the larger one's largest value. */
function relativeError(got: Float32Array, expected: Float32Array): number {
  let [difference, largest] = [0, 0];
  for (const [i, value] of expected.entries()) {
    difference = Math.max(difference, Math.abs(got[i]! - value));
    largest = Math.max(largest, Math.abs(value));
  }
  return difference / largest;
}

await describeEngines('a training step agrees with PyTorch', engine => {
  describe.each(['A', 'B'] as const)('shortcut %s', shortcut => agreesWithPyTorch(shortcut, engine));
});

function agreesWithPyTorch(shortcut: 'A' | 'B', engine: Engine): void {
  const reference = JSON.parse(
    readFileSync(new URL(`shortcut-${shortcut.toLowerCase()}.json`, folder), 'utf8'),
  );
  let tensors: Map<string, Tensor>;
  let network: Network;
  let names: string[];
  const part = (prefix: string) =>
    new Map(
      [...tensors].flatMap(([name, t]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), t] as const] : [],
      ),
    );
  /** One vector of all the predictor's parameters recorded under `prefix`. */
  const vector = (prefix: string) =>
    Float32Array.from(names.flatMap(name => [...tensors.get(`${prefix}/${name}`)!.data]));
  const definition = (changes: Partial<StepDefinition>): StepDefinition => {
    const weights = matchParameters(network, part('target/'), 'fixture');
    const layers = learnableConvolutions(network);
    return {
      target: { network, weights },
      kernels: targetKernels(network, weights),
      embedding: kernelEmbedding(
        layers,
        Uint32Array.from({ length: kernelCount(layers) }, (_, i) => i),
        reference.predictor.embedding,
      ),
      predictorShapes: names.map(name => tensors.get(`initial/${name}`)!.shape),
      optimizer: revealGradient,
      sample: reference.samples[0].length,
      root: 'exact',
      distillation: { images: 4, imagesAtOnce: 4, alpha: reference.alpha, beta: reference.beta },
      ...changes,
    };
  };
  const feeds = (step: number, parameters: Float32Array): Feeds => ({
    parameters: { shape: [parameters.length], data: parameters },
    sample: { shape: [reference.samples[step].length], data: Int32Array.from(reference.samples[step]) },
    images: {
      shape: images.shape.slice(1),
      data: images.data
        .subarray(step * sizeOf(images.shape.slice(1)))
        .slice(0, sizeOf(images.shape.slice(1))),
    },
  });

  beforeAll(() => {
    tensors = tensorsOf(`shortcut-${shortcut.toLowerCase()}.safetensors`);
    network = resnet(8, shortcut, 10, reference.target.widths);
    names = [0, 1, 2, 3, 4].flatMap(layer => [`${layer}.weight`, `${layer}.bias`]);
  });

  test.each([
    ['reconstruction', { distillation: undefined }],
    ['reconstruction-sampled', { distillation: undefined, root: 'sampled' }],
    ['total', {}],
  ] as const)('the gradient of %s', async (name, changes) => {
    const step = await engine.compile(trainingStep(definition(changes)));
    const result = await step.run(feeds(0, vector('initial')));
    for (const [i, layer] of names.entries()) {
      const before = names
        .slice(0, i)
        .reduce((n, other) => n + tensors.get(`initial/${other}`)!.data.length, 0);
      const expected = tensors.get(`gradient/${name}/${layer}`)!.data;
      const got = result.parameters!.data.slice(before, before + expected.length);
      expect(relativeError(got, expected), layer).toBeLessThan(tolerance(engine));
    }
  });

  test.skipIf(isSlow(engine))('each loss, and each distillation gradient by itself', async () => {
    const alone = async (distillation: StepDefinition['distillation']) => {
      const step = await engine.compile(trainingStep(definition({ distillation })));
      return step.run(feeds(0, vector('initial')));
    };
    const expected = reference.losses.ranger[0];
    for (const [name, alpha, beta] of [
      ['kd', 1, 0],
      ['fmd', 0, 1],
    ] as const) {
      const result = await alone({ images: 4, imagesAtOnce: 4, alpha, beta });
      const recon = vector('gradient/reconstruction');
      const distilled = vector(`gradient/${name}`).map((value, i) => value + recon[i]!);
      expect(relativeError(result.parameters!.data, distilled)).toBeLessThan(tolerance(engine));
      expect(result.kd!.data[0]).toBeCloseTo(expected.kd, 5);
      expect(result.fmd!.data[0]! / expected.fmd - 1).toBeCloseTo(0, 5);
      expect(result.reconstruction!.data[0]).toBeCloseTo(expected.reconstruction, 6);
    }
  });

  test.skipIf(isSlow(engine)).each(['ranger', 'adam'] as const)(
    'all parameters after 10 steps of %s',
    async method => {
      const options = reference[method];
      const optimizer = method === 'ranger' ? ranger(options) : adam(options);
      const step = await engine.compile(trainingStep(definition({ optimizer })));
      let parameters: Float32Array = vector('initial');
      let state = optimizer.initialState(parameters);
      for (let i = 0; i < 10; i++) {
        const scalars = optimizer.scalars(i, reference.learningRates[method][i]);
        const result = await step.run({
          ...feeds(i, parameters),
          ...Object.fromEntries(
            Object.entries(scalars).map(([name, x]) => [name, { shape: [], data: Float32Array.of(x) }]),
          ),
          ...Object.fromEntries(
            Object.entries(state).map(([name, data]) => [name, { shape: [data.length], data }]),
          ),
        });
        const expected = reference.losses[method][i];
        expect(result.loss!.data[0]! / expected.total - 1, `loss of step ${i}`).toBeCloseTo(0, 4);
        parameters = result.parameters!.data;
        state = Object.fromEntries(optimizer.stateNames.map(name => [name, result[name]!.data]));
      }
      expect(relativeError(parameters, vector(method))).toBeLessThan(tolerance(engine));
    },
  );
}
