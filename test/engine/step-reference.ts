import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Engine, Feeds } from '../../src/graph/program.ts';
import { sizeOf, type Tensor } from '../../src/graph/tensor.ts';
import { kernelCount } from '../../src/nern/coordinates.ts';
import { kernelEmbedding } from '../../src/nern/predictor/kernel-embedding.ts';
import { type StepDefinition, trainingStep } from '../../src/nern/step/training-step.ts';
import { targetKernels } from '../../src/nern/target-kernels.ts';
import { matchParameters } from '../../src/networks/keys.ts';
import { learnableConvolutions } from '../../src/networks/network.ts';
import { resnet } from '../../src/networks/resnet.ts';
import { adam } from '../../src/optim/adam.ts';
import { ranger } from '../../src/optim/ranger.ts';
import { readSafetensors } from '../../src/weights/safetensors.ts';
import { revealGradient } from '../support/reveal-gradient.ts';
import { tolerance } from './engines.ts';

/** What PyTorch computed (bench/peers/step_reference.py, guided_reference.py). */
const folder = new URL('../fixtures/step/', import.meta.url);
const names = [0, 1, 2, 3, 4].flatMap(layer => [`${layer}.weight`, `${layer}.bias`]);

/** The tensors, and the numbers, recorded under this name. */
export function recorded(name: string) {
  const file = `${name}.safetensors`;
  const tensors = readSafetensors(readFileSync(new URL(file, folder)), file);
  return {
    tensor: (key: string) => tensors.get(key)!,
    numbers: JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')),
    /** The tensors whose names begin so, without that beginning. */
    part: (prefix: string) =>
      new Map(
        [...tensors].flatMap(([key, tensor]): [string, Tensor][] =>
          key.startsWith(prefix) ? [[key.slice(prefix.length), tensor]] : [],
        ),
      ),
    /** One vector of all the predictor's parameters under this name. */
    vector: (prefix: string) =>
      Float32Array.from(names.flatMap(key => [...tensors.get(`${prefix}/${key}`)!.data])),
  };
}

const file = 'images.safetensors';
const images = readSafetensors(readFileSync(new URL(file, folder)), file).get('images')!;
const imagesShape = images.shape.slice(1);

/** The images of a step [4, 3, 32, 32]. */
export const imagesOf = (step: number): Tensor => ({
  shape: imagesShape,
  data: images.data.slice(step * sizeOf(imagesShape), (step + 1) * sizeOf(imagesShape)),
});

/** The step of a tiny ResNet8 of either shortcut: what it is made of, and what it is given. */
export function stepCase(shortcut: 'A' | 'B') {
  const reference = recorded(`shortcut-${shortcut.toLowerCase()}`);
  const { predictor, samples, target, alpha, beta } = reference.numbers;
  const network = resnet(8, shortcut, 10, target.widths);
  const weights = matchParameters(network, reference.part('target/'), 'fixture');
  const layers = learnableConvolutions(network);
  const definition = (changes: Partial<StepDefinition>): StepDefinition => ({
    target: { network, weights },
    kernels: targetKernels(network, weights),
    embedding: kernelEmbedding(
      layers,
      Uint32Array.from({ length: kernelCount(layers) }, (_, i) => i),
      predictor.embedding,
    ),
    predictorShapes: names.map(name => reference.tensor(`initial/${name}`).shape),
    optimizer: revealGradient,
    sample: samples[0].length,
    root: 'exact',
    distillation: { images: 4, imagesAtOnce: 4, alpha, beta },
    ...changes,
  });
  const feeds = (step: number, parameters: Float32Array): Feeds => ({
    parameters: { shape: [parameters.length], data: parameters },
    sample: { shape: [samples[step].length], data: Int32Array.from(samples[step]) },
    images: imagesOf(step),
  });
  return { reference, network, weights, definition, feeds };
}

/** The largest difference between two vectors, relative to the larger one's largest value. */
export function relativeError(got: Float32Array, expected: Float32Array): number {
  let [difference, largest] = [0, 0];
  for (const [i, value] of expected.entries()) {
    difference = Math.max(difference, Math.abs(got[i]! - value));
    largest = Math.max(largest, Math.abs(value));
  }
  return difference / largest;
}

/** The gradient is that recorded under `name`, layer by layer. */
export function expectGradient(
  engine: Engine,
  got: Float32Array,
  { tensor }: ReturnType<typeof recorded>,
  name: string,
): void {
  let at = 0;
  for (const layer of names) {
    const expected = tensor(`gradient/${name}/${layer}`).data;
    const own = got.slice(at, at + expected.length);
    expect(relativeError(own, expected), layer).toBeLessThan(tolerance(engine));
    at += expected.length;
  }
}

/** Ten steps from the `initial` parameters give the losses recorded in `expected`, and its parameters at the end. */
export async function expectTenSteps(
  engine: Engine,
  method: 'ranger' | 'adam',
  { reference, definition, feeds }: ReturnType<typeof stepCase>,
  changes: Partial<StepDefinition>,
  expected: ReturnType<typeof recorded>,
  more: (step: number) => Promise<Feeds> = async () => ({}),
  initial: Float32Array = reference.vector('initial'),
): Promise<void> {
  const options = reference.numbers[method];
  const optimizer = method === 'ranger' ? ranger(options) : adam(options);
  const step = await engine.compile(trainingStep(definition({ ...changes, optimizer })));
  let parameters: Float32Array = initial;
  let state = optimizer.initialState(parameters);
  for (let i = 0; i < 10; i++) {
    const scalars = optimizer.scalars(i, reference.numbers.learningRates[method][i]);
    const result = await step.run({
      ...feeds(i, parameters),
      ...(await more(i)),
      ...Object.fromEntries(
        Object.entries(scalars).map(([name, x]) => [name, { shape: [], data: Float32Array.of(x) }]),
      ),
      ...Object.fromEntries(
        Object.entries(state).map(([name, data]) => [name, { shape: [data.length], data }]),
      ),
    });
    const { total } = expected.numbers.losses[method][i];
    expect(result.loss!.data[0]! / total - 1, `loss of step ${i}`).toBeCloseTo(0, 4);
    parameters = result.parameters!.data;
    state = Object.fromEntries(optimizer.stateNames.map(name => [name, result[name]!.data]));
  }
  expect(relativeError(parameters, expected.vector(method))).toBeLessThan(tolerance(engine));
}
