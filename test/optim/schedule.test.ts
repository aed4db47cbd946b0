import { describe, expect, it } from 'vitest';
import { learningRate } from '../../src/optim/schedule.ts';

describe('learningRate', () => {
  const cosine = { method: 'cosine', min: 1e-6 } as const;

  it('follows the recurrence by which PyTorch anneals', () => {
    const iterations = 200;
    let rate = 5e-3;
    for (let t = 0; t < iterations; t++) {
      expect(learningRate(cosine, 5e-3, t, iterations) / rate).toBeCloseTo(1, 10);
      const factor =
        (1 + Math.cos((Math.PI * (t + 1)) / iterations)) / (1 + Math.cos((Math.PI * t) / iterations));
      rate = cosine.min + factor * (rate - cosine.min);
    }
    expect(learningRate(cosine, 5e-3, 0, iterations)).toBe(5e-3);
    expect(learningRate(cosine, 5e-3, 100, iterations)).toBeCloseTo((5e-3 + 1e-6) / 2, 15);
  });

  it('stays where it is when constant', () => {
    for (const t of [0, 57, 99]) expect(learningRate({ method: 'constant' }, 0.01, t, 100)).toBe(0.01);
  });
});
