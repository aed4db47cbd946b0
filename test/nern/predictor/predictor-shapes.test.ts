import { describe, expect, it } from 'vitest';
import { parameterCount, predictorShapes } from '../../../src/nern/predictor/predictor-shapes.ts';

const sizes = { inputs: 240, hidden: 140, outputs: 9 };

describe('predictorShapes', () => {
  it('are those that PyTorch gives five linear layers', () => {
    expect(predictorShapes(sizes)).toEqual([
      [140, 240],
      [140],
      [140, 140],
      [140],
      [140, 140],
      [140],
      [140, 140],
      [140],
      [9, 140],
      [9],
    ]);
  });
});

describe('parameterCount', () => {
  it.each([
    [120, 73_569],
    [140, 94_229],
    [220, 200_869],
    [700, 1_647_109],
    [1372, 5_994_277],
  ])('of hidden size %i is %i, as published', (hidden, parameters) => {
    expect(parameterCount(predictorShapes({ ...sizes, hidden }))).toBe(parameters);
  });
});
