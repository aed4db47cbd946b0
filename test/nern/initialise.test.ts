import { describe, expect, it } from 'vitest';
import { initialisePredictor, predictorParameters } from '../../src/nern/initialise.ts';
import { createRandom } from '../../src/random.ts';

const sizes = { inputs: 240, hidden: 140, outputs: 9 };

describe('predictorParameters', () => {
  it.each([
    [120, 73_569],
    [140, 94_229],
    [220, 200_869],
    [700, 1_647_109],
    [1372, 5_994_277],
  ])('of hidden size %i are %i, as published', (hidden, parameters) => {
    expect(predictorParameters({ ...sizes, hidden })).toBe(parameters);
  });
});

describe('initialisePredictor', () => {
  const layers = initialisePredictor(sizes, createRandom(0, 'init'));

  it('has five layers of the shapes PyTorch gives them', () => {
    expect(layers.map(({ weight, bias }) => [weight.shape, bias.shape])).toEqual([
      [[140, 240], [140]],
      [[140, 140], [140]],
      [[140, 140], [140]],
      [[140, 140], [140]],
      [[9, 140], [9]],
    ]);
    const values = layers.reduce((sum, { weight, bias }) => sum + weight.data.length + bias.data.length, 0);
    expect(values).toBe(predictorParameters(sizes));
  });

  it('fills [-1/sqrt(fan in), 1/sqrt(fan in)] evenly', () => {
    for (const { weight, bias } of layers) {
      const bound = Math.fround(1 / Math.sqrt(weight.shape[1]!));
      const values = [...weight.data, ...bias.data];
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(bound);
      const bins = [0, 0, 0, 0];
      for (const value of values) bins[Math.min(3, Math.floor((2 * (value + bound)) / bound))]!++;
      // Six standard deviations of a quarter of the values.
      const limit = 6 * Math.sqrt(values.length * (3 / 16));
      for (const bin of bins) expect(Math.abs(bin - values.length / 4)).toBeLessThan(limit);
    }
  });

  it('depends on the seed alone', () => {
    expect(initialisePredictor(sizes, createRandom(0, 'init'))).toEqual(layers);
    expect(initialisePredictor(sizes, createRandom(1, 'init'))[0]).not.toEqual(layers[0]);
  });
});
