import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Engine, Feeds } from '../../src/graph/program.ts';
import { sizeOf, type Tensor } from '../../src/graph/tensor.ts';
import {
  type Guidance,
  type OriginalStep,
  originalLossNames,
  originalStep,
} from '../../src/nern/step/target-step.ts';
import { guidanceProgram } from '../../src/nern/step/teacher.ts';
import type { Network } from '../../src/networks/network.ts';
import { resnet } from '../../src/networks/resnet.ts';
import { pack, parameterSlots, type Slots, unpack } from '../../src/networks/slots.ts';
import type { Optimizer } from '../../src/optim/optimizer.ts';
import { sgd } from '../../src/optim/sgd.ts';
import { readSafetensors } from '../../src/weights/safetensors.ts';
import { revealGradient } from '../support/reveal-gradient.ts';
import { describeEngines, isSlow, tolerance } from './engines.ts';

/** Ten steps of training ResNet8s from scratch, by PyTorch (bench/peers/original_reference.py). */
const folder = new URL('../fixtures/original/', import.meta.url);
const reference = JSON.parse(readFileSync(new URL('original.json', folder), 'utf8'));
const tensors = readSafetensors(
  readFileSync(new URL('original.safetensors', folder)),
  'original.safetensors',
);
const { shape: imagesShape, data: images } = tensors.get('images')!;
const [batches, count] = imagesShape as [number, number];
const batchShape = imagesShape.slice(1);

const named = (prefix: string) =>
  new Map(
    [...tensors].flatMap(([name, tensor]): [string, Tensor][] =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [],
    ),
  );

const networkOf = (name: string): Network => {
  const { widths, shortcut } = reference.networks[name];
  return { ...resnet(8, shortcut, 10, widths), input: [3, 12, 12] };
};

const vectorOf = (slots: Slots, state: ReadonlyMap<string, Tensor>) =>
  pack(slots, (name, _shape, into) => into.set(state.get(name)!.data));

const vector = (data: Float32Array) => ({ shape: [data.length], data });

function batchOf(step: number) {
  const labels = new Float32Array(count * 10);
  for (const [i, label] of reference.labels[step % batches].entries()) labels[i * 10 + label] = 1;
  const size = sizeOf(batchShape);
  return {
    images: {
      shape: batchShape,
      data: images.slice((step % batches) * size, (step % batches) * size + size),
    },
    labels: { shape: [count, 10], data: labels },
  };
}

/** With the teacher's answers where there is one. */
async function feedsOf(step: number, { guidance }: Case, engine: Engine): Promise<Feeds> {
  const batch = batchOf(step);
  if (!guidance) return batch;
  const teacher = { network: networkOf('narrow-b'), weights: named('teacher/') };
  const answer = await engine.compile(guidanceProgram(teacher, count));
  const { logits } = await answer.run({ images: batch.images });
  return { ...batch, answers: logits! };
}

interface Case {
  readonly network: string;
  readonly lr: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
  readonly labels: number;
  readonly smoothness?: NonNullable<OriginalStep['smoothness']>;
  readonly guidance?: Guidance;
  readonly losses: readonly Readonly<Record<string, number>>[];
  /** How far PyTorch's own float32 is off. */
  readonly float32: number;
}

const definitionOf = (
  { network, labels, smoothness, guidance }: Case,
  optimizer: Optimizer,
): OriginalStep => ({
  network: networkOf(network),
  images: count,
  optimizer,
  labels,
  smoothness,
  guidance,
});

/** The largest difference over the largest value. */
function relativeError(got: Float32Array, expected: Float32Array): number {
  let [difference, largest] = [0, 0];
  for (const [i, value] of expected.entries()) {
    difference = Math.max(difference, Math.abs(got[i]! - value));
    largest = Math.max(largest, Math.abs(value));
  }
  return difference / largest;
}

await describeEngines('training a network from scratch agrees with PyTorch', engine => {
  describe.each(Object.entries(reference.cases) as [string, Case][])('%s', (name, settings) =>
    agreesWithPyTorch(name, settings, engine),
  );
});

function agreesWithPyTorch(name: string, settings: Case, engine: Engine): void {
  const network = networkOf(settings.network);
  const { learned, statistics } = parameterSlots(network);
  const initial = named(`${settings.network}/initial/`);
  const start = { parameters: vectorOf(learned, initial), statistics: vectorOf(statistics, initial) };

  test.skipIf(!tensors.has(`${name}/gradient/conv1.weight`))('the first gradient', async () => {
    const step = await engine.compile(originalStep(definitionOf(settings, revealGradient)));
    const result = await step.run({
      parameters: vector(start.parameters),
      statistics: vector(start.statistics),
      ...(await feedsOf(0, settings, engine)),
    });
    const expected = named(`${name}/gradient/`);
    for (const [key, { data }] of unpack(learned, result.parameters!.data))
      expect(relativeError(data, expected.get(key)!.data), key).toBeLessThan(tolerance(engine));
  });

  test.skipIf(isSlow(engine))('ten steps', async () => {
    const optimizer = sgd(settings);
    const step = await engine.compile(originalStep(definitionOf(settings, optimizer)));
    let state: Record<string, Float32Array> = { ...start, ...optimizer.initialState(start.parameters) };
    for (const [i, losses] of settings.losses.entries()) {
      const result = await step.run({
        ...Object.fromEntries(Object.entries(state).map(([key, data]) => [key, vector(data)])),
        rate: { shape: [], data: Float32Array.of(settings.lr) },
        ...(await feedsOf(i, settings, engine)),
      });
      for (const loss of originalLossNames) {
        const value = result[loss]!.data[0]!;
        if (loss in losses)
          expect(Math.abs(value / losses[loss]! - 1), `${loss} ${i}`).toBeLessThan(tolerance(engine));
        else expect(value).toBe(0);
      }
      state = Object.fromEntries(Object.keys(state).map(key => [key, result[key]!.data]));
    }
    const final = named(`${name}/final/`);
    const got = new Map([...unpack(learned, state.parameters!), ...unpack(statistics, state.statistics!)]);
    for (const [key, { data }] of got) {
      const before = initial.get(key)!.data;
      const change = (of: Float32Array) => of.map((value, i) => value - before[i]!);
      expect(relativeError(change(data), change(final.get(key)!.data)), key).toBeLessThan(tolerance(engine));
    }
  });
}
