import { beforeAll, describe, expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/engine/onnx/engine.ts';
import { createClassifier } from '../../src/evaluation/classify.ts';
import type { Tensor } from '../../src/graph/tensor.ts';
import { accuracy } from '../../src/measures/accuracy.ts';
import { agreement } from '../../src/measures/agreement.ts';
import { crossEntropy } from '../../src/measures/cross-entropy.ts';
import { images, kernels, kernelsUnder, reference, sample, target } from './reference.ts';

describe('of a disturbed network, as PyTorch says', () => {
  let [before, after]: Tensor[] = [];
  beforeAll(async () => {
    const classifier = createClassifier(createOnnxEngine(1), target, kernels, sample);
    before = await classifier.logits(kernels.rows.data);
    after = await classifier.logits(kernelsUnder('reconstructed'));
  });

  test('top-1 and top-5 accuracy', () => {
    expect(accuracy(after!, images.labels)).toBe(reference.top1);
    expect(accuracy(after!, images.labels, 5)).toBe(reference.top5);
  });

  test('loss', () => {
    expect(crossEntropy(after!, images.labels)).toBeCloseTo(reference.loss, 5);
  });

  test('agreement with the original network', () => {
    expect(agreement(after!, before!)).toBe(reference.agreement);
    expect(agreement(before!, before!)).toBe(100);
  });
});

describe('of logits that are hard to rank', () => {
  const logits = (...rows: number[][]): Tensor => ({
    shape: [rows.length, rows[0]!.length],
    data: Float32Array.from(rows.flat()),
  });

  test('the first of equal ones counts as the highest', () => {
    const equal = logits([1, 1, 1]);
    expect([0, 1, 2].map(label => accuracy(equal, [label]))).toEqual([100, 0, 0]);
    expect([0, 1, 2].map(label => accuracy(equal, [label], 2))).toEqual([100, 100, 0]);
  });

  test('what is no number is never right', () => {
    expect(accuracy(logits([Number.NaN, Number.NaN, Number.NaN]), [0])).toBe(0);
    expect(accuracy(logits([Number.NaN, 2, 1]), [0])).toBe(0);
  });

  test('a loss that float32 cannot hold the exponentials of is exact', () => {
    expect(crossEntropy(logits([500, -500]), [1])).toBe(1000);
    expect(crossEntropy(logits([500, -500]), [0])).toBe(0);
  });
});
