import { describe, expect, it } from 'vitest';
import { studentQuantile, summarise } from '../../src/report/statistics.ts';

describe('studentQuantile', () => {
  // Two-sided 95 %, from the tables in the books.
  const table: [df: number, t: number][] = [
    [1, 12.7062],
    [2, 4.30265],
    [3, 3.18245],
    [4, 2.77645],
    [5, 2.57058],
    [9, 2.26216],
    [29, 2.04523],
    [1000, 1.96234],
  ];
  it.each(table)('for %i degrees of freedom is %f', (df, t) => {
    expect(Math.abs(studentQuantile(df) - t)).toBeLessThan(1e-5 * t);
  });
});

describe('summarise', () => {
  it('gives mean, t interval, sample deviation and range', () => {
    const { n, mean, ci, std, min, max } = summarise([91.0, 91.4, 91.1, 91.3]);
    expect([n, min, max]).toEqual([4, 91.0, 91.4]);
    expect(mean).toBeCloseTo(91.2, 10);
    expect(std).toBeCloseTo(Math.sqrt(0.1 / 3), 10);
    expect(ci![0]).toBeCloseTo(91.2 - 0.290522, 4);
    expect(ci![1]).toBeCloseTo(91.2 + 0.290522, 4);
  });

  it.each([
    [3, 2.484],
    [4, 1.591],
    [5, 1.242],
    [6, 1.049],
  ])('has a half-width of n = %i repeats of %f standard deviations', (n, ratio) => {
    const { ci, std } = summarise(Array.from({ length: n }, (_, i) => i));
    expect((ci![1] - ci![0]) / 2 / std!).toBeCloseTo(ratio, 3);
  });

  it('knows no spread of one value', () => {
    expect(summarise([90])).toEqual({ n: 1, mean: 90, ci: null, std: null, min: 90, max: 90 });
  });

  it('has an interval of no width for equal values', () => {
    expect(summarise([2, 2, 2])).toMatchObject({ ci: [2, 2], std: 0 });
  });
});
