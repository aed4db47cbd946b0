import { describe, expect, it } from 'vitest';
import { sizeOf } from '../../../src/graph/tensor.ts';
import { initialisePredictor } from '../../../src/nern/predictor/initialise.ts';
import { parameterCount, predictorShapes } from '../../../src/nern/predictor/predictor-shapes.ts';
import { createRandom } from '../../../src/random.ts';

const shapes = predictorShapes({ inputs: 240, hidden: 140, outputs: 9 });

describe('initialisePredictor', () => {
  const parameters = initialisePredictor(shapes, createRandom(0, 'init'));

  it('fills [-1/sqrt(fan in), 1/sqrt(fan in)] evenly in each layer', () => {
    let start = 0;
    for (let i = 0; i < shapes.length; i += 2) {
      const [weight, bias] = [shapes[i]!, shapes[i + 1]!];
      const bound = Math.fround(1 / Math.sqrt(weight[1]!));
      const values = parameters.subarray(start, start + sizeOf(weight) + sizeOf(bias));
      start += values.length;
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(bound);
      const bins = [0, 0, 0, 0];
      for (const value of values) bins[Math.min(3, Math.floor((2 * (value + bound)) / bound))]!++;
      // Six standard deviations of a quarter of the values.
      const limit = 6 * Math.sqrt(values.length * (3 / 16));
      for (const bin of bins) expect(Math.abs(bin - values.length / 4)).toBeLessThan(limit);
    }
    expect(start).toBe(parameterCount(shapes));
  });

  it('depends on the seed alone', () => {
    const again = (seed: number) =>
      Buffer.from(initialisePredictor(shapes, createRandom(seed, 'init')).buffer);
    expect(again(0).equals(Buffer.from(parameters.buffer))).toBe(true);
    expect(again(1).equals(Buffer.from(parameters.buffer))).toBe(false);
  });
});
