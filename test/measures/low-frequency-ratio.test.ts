import { expect, test } from 'vitest';
import { lowFrequencyRatio } from '../../src/measures/low-frequency-ratio.ts';
import { layersUnder, ofLayer } from './reference.ts';

test('the share of low frequencies in each layer is the one PyTorch finds', () => {
  for (const [i, prefix] of ['target', 'reconstructed'].entries()) {
    for (const layer of layersUnder(prefix)) {
      expect(lowFrequencyRatio(layer), layer.name).toBeCloseTo(ofLayer(layer.name).lowFrequency[i], 5);
    }
  }
});

test('a matrix of rank one has all of its energy in the first half, one of zeros has none', () => {
  const outer = Float32Array.from({ length: 12 }, (_, i) => (1 + Math.floor(i / 4)) * ((i % 4) - 1.5));
  expect(lowFrequencyRatio({ shape: [3, 4, 1, 1], data: outer })).toBeCloseTo(1, 12);
  expect(lowFrequencyRatio({ shape: [3, 4, 1, 1], data: new Float32Array(12) })).toBeNaN();
});

test('a layer whose kernels are all the same is done with, as large as it may be', () => {
  const kernel = [0.0196, 0.0883, 0.041, 0.0136, 0.0322, 0.0284, -0.0344, 0.0533, 0.0192];
  const data = Float32Array.from({ length: 32 * 32 * 9 }, (_, i) => kernel[i % 9]!);
  expect(lowFrequencyRatio({ shape: [32, 32, 3, 3], data })).toBeCloseTo(1, 12);
});
