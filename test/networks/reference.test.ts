import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type CifarName, readCifar } from '../../src/data/cifar.ts';
import { normalizations, normalizationTable, normalizeImages } from '../../src/data/normalize.ts';
import { createOnnxEngine } from '../../src/engine/onnx/engine.ts';
import { indexOfLargest } from '../../src/measures/accuracy.ts';
import { classificationProgram } from '../../src/nern/predictor/reconstruct.ts';
import { targetKernels } from '../../src/nern/target-kernels.ts';
import { matchParameters, shortcutOf } from '../../src/networks/keys.ts';
import { resnet } from '../../src/networks/resnet.ts';
import { readCheckpoint } from '../../src/weights/checkpoint.ts';
import { sharedData, testWith } from '../support/shared-data.ts';

/** Public pretrained networks, and how many of the test records at hand PyTorch gets right with them. */
const networks = [
  ['resnet20', 20, 'A', 'cifar10', 'imagenet', 'resnet20-12fca82f.th', 932],
  ['resnet56', 56, 'A', 'cifar10', 'imagenet', 'resnet56-4bfd9763.th', 943],
  ['chenyaofo_cifar10_resnet20', 20, 'B', 'cifar10', 'cifar10', 'chenyaofo_cifar10_resnet20.pth', 942],
  ['chenyaofo_cifar100_resnet20', 20, 'B', 'cifar100', 'cifar100', 'chenyaofo_cifar100_resnet20.pth', 635],
  ['chenyaofo_cifar100_resnet56', 56, 'B', 'cifar100', 'cifar100', 'chenyaofo_cifar100_resnet56.pth', 650],
] as const;

/** The logits of all test images, by the program that also evaluates reconstructed networks. */
async function testLogits(
  file: string,
  depth: number,
  dataset: CifarName,
  stats: keyof typeof normalizations,
) {
  const { tensors } = await readCheckpoint(file);
  const classes = dataset === 'cifar10' ? 10 : 100;
  const network = resnet(depth, shortcutOf(tensors), classes);
  const weights = matchParameters(network, tensors, file);
  const kernels = targetKernels(network, weights);
  const images = await readCifar({ root: sharedData, dataset, split: 'test' });
  const table = normalizationTable(normalizations[stats]);
  const pixels = new Float32Array(images.count * 3 * 32 * 32);
  normalizeImages(images.pixels, 1024, table, pixels);
  const program = classificationProgram(network, weights, kernels, images.count);
  const classify = await createOnnxEngine(2).compile(program);
  const { logits } = await classify.run({
    kernels: kernels.rows,
    images: { shape: [images.count, 3, 32, 32], data: pixels },
  });
  const rows = Array.from({ length: images.count }, (_, i) =>
    logits!.data.subarray(i * classes, (i + 1) * classes),
  );
  return { rows, labels: images.labels };
}

describe('a pretrained network classifies the real test images as in PyTorch', () => {
  for (const [name, depth, shortcut, dataset, stats, file, correct] of networks) {
    testWith(`resnet/${file}`, `${name}: ${correct} right, logits to 1e-4`, async path => {
      const reference = JSON.parse(readFileSync(join(sharedData, 'REFERENCE.json'), 'utf8')).models[name];
      const { rows, labels } = await testLogits(path, depth, dataset, stats);
      expect(shortcutOf((await readCheckpoint(path)).tensors)).toBe(shortcut);
      expect(rows.filter((row, i) => indexOfLargest(row) === labels[i]).length).toBe(correct);
      expect(rows.map(indexOfLargest)).toEqual(reference.exact_test_subset.argmax);
      const first: number[][] = reference.logits_first8 ?? reference.exact_test_subset.logits_first8;
      for (const [i, expected] of first.entries()) {
        expected.forEach((value, j) => {
          expect(Math.abs(rows[i]![j]! - value), `image ${i}, class ${j}`).toBeLessThan(1e-4);
        });
      }
    });
  }
});
