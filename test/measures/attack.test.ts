import { describe, expect, test } from 'vitest';
import { readCifar } from '../../src/data/cifar.ts';
import { cifarValues as imageSize } from '../../src/data/cifar-binary.ts';
import { inMemory } from '../../src/data/image-set.ts';
import type { Images } from '../../src/data/images.ts';
import { normalizations } from '../../src/data/normalize.ts';
import { createOnnxEngine } from '../../src/engine/onnx/engine.ts';
import { createClassifier } from '../../src/evaluation/classify.ts';
import { accuracy } from '../../src/measures/accuracy.ts';
import {
  type Attack,
  ascend,
  attackSettings,
  imageGradientProgram,
  level,
} from '../../src/measures/attack.ts';
import { crossEntropy } from '../../src/measures/cross-entropy.ts';
import { targetKernels } from '../../src/nern/target-kernels.ts';
import { matchParameters } from '../../src/networks/keys.ts';
import { resnet } from '../../src/networks/resnet.ts';
import { readCheckpoint } from '../../src/weights/checkpoint.ts';
import { sharedData, testWith } from '../support/shared-data.ts';
import { images, kernels, network, recorded, reference, sample, target } from './reference.ts';

describe('on a tiny network, as PyTorch says', () => {
  const engine = createOnnxEngine(1);

  test('the gradient of the loss with respect to the images', async () => {
    const program = await engine.compile(imageGradientProgram(network, target.weights, kernels, 2));
    const { mean, std } = sample.normalization;
    const pixels = Float32Array.from(images.pixels.subarray(0, 2 * imageSize), (byte, i) => {
      const channel = Math.floor(i / 1024) % 3;
      return (byte / 255 - mean[channel]!) / std[channel]!;
    });
    const labels = new Float32Array(20);
    for (const i of [0, 1]) labels[10 * i + images.labels[i]!] = 1;
    const { gradient } = await program.run({
      kernels: kernels.rows,
      images: { shape: [2, 3, 32, 32], data: pixels },
      labels: { shape: [2, 10], data: labels },
    });
    const expected = recorded('gradient').data;
    const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    for (const [i, value] of gradient!.data.entries()) {
      expect(Math.abs(value - expected[i]!), `value ${i}`).toBeLessThan(1e-4 * largest);
    }
  });

  const recordedAttacks: (Attack & { accuracy: number; loss: number })[] = reference.attacks;
  const name = 'accuracy and loss under $steps steps of $stepSize/255 within $epsilon/255';
  test.each(recordedAttacks)(name, async ({ epsilon, steps, stepSize, ...expected }) => {
    const classifier = createClassifier(engine, target, kernels, sample);
    const attack = { epsilon: epsilon / 255, steps, stepSize: stepSize / 255 };
    const logits = await classifier.attacked(kernels.rows.data, attack);
    expect(accuracy(logits, images.labels)).toBe(expected.accuracy);
    expect(crossEntropy(logits, images.labels) / expected.loss).toBeCloseTo(1, 3);
  });
});

test('an attack is told in steps of 8-bit pixels', () => {
  expect(attackSettings({ epsilon: 0.3 * level, steps: 10, stepSize: 0.075 * level })).toEqual({
    epsilon: '0.3/255',
    steps: '10',
    'step size': '0.075/255',
  });
});

describe('a step of an attack', () => {
  const attack = { epsilon: 0.1, steps: 3, stepSize: 0.08 };
  const moved = (steps: number, byte: number, gradient: number) => {
    const pixels = Float32Array.of(byte / 255);
    for (let i = 0; i < steps; i++) ascend(pixels, Uint8Array.of(byte), Float32Array.of(gradient), attack);
    return pixels[0]!;
  };

  test('goes its length along the sign of the gradient, and nowhere without one', () => {
    expect(moved(1, 51, 1e-20)).toBeCloseTo(0.28, 6);
    expect(moved(1, 51, -30)).toBeCloseTo(0.12, 6);
    expect(moved(1, 51, 0)).toBeCloseTo(0.2, 6);
  });

  test('stays within epsilon of the image and in the range of pixels', () => {
    expect(moved(3, 51, 1)).toBeCloseTo(0.3, 6);
    expect(moved(3, 250, 1)).toBe(1);
    expect(moved(3, 5, -1)).toBe(0);
  });
});

/** How many of the CIFAR-10 records at hand the real network gets right in PyTorch under the same attacks. */
describe('on a real ResNet20 as many images are right as in PyTorch, give or take 2', () => {
  const file = 'resnet/resnet20-12fca82f.th';
  const real = async (path: string, limit: number) => {
    const ofNetwork = resnet(20, 'A', 10);
    const weights = matchParameters(ofNetwork, (await readCheckpoint(path)).tensors, path);
    const rows = targetKernels(ofNetwork, weights);
    const records: Images = await readCifar({ root: sharedData, dataset: 'cifar10', split: 'test', limit });
    const normalization = normalizations.imagenet;
    const classifier = createClassifier(
      createOnnxEngine(2),
      { network: ofNetwork, weights, sha256: '' },
      rows,
      { images: inMemory(records), normalization },
    );
    return async (attack: Attack) =>
      (accuracy(await classifier.attacked(rows.rows.data, attack), records.labels) * records.count) / 100;
  };

  testWith(file, 'FGSM, 1,017 images', async path => {
    const right = await (await real(path, 1017))({ epsilon: level, steps: 1, stepSize: level });
    expect(Math.abs(right - 452)).toBeLessThanOrEqual(2);
  });

  testWith(file, 'I-FGSM, the first 128 images', async path => {
    const right = await (await real(path, 128))({ epsilon: level, steps: 10, stepSize: level / 4 });
    expect(Math.abs(right - 28)).toBeLessThanOrEqual(2);
  });
});
