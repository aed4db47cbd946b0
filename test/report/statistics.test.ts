import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactSum } from '../../src/report/exact-sum.ts';
import { formatMean } from '../../src/report/format.ts';
import { halfWidthOf, type Statistics, studentQuantile, summarise } from '../../src/report/statistics.ts';

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

/** Computed by bench/peers/statistics_reference.py. */
const references = JSON.parse(readFileSync('test/fixtures/report/statistics.json', 'utf8')) as (Required<
  Pick<Statistics, 'mean' | 'std' | 'ci'>
> & { values: number[] })[];

describe('summarise, beside exact fractions and SciPy', () => {
  it.each(references.map((one, i) => [i, one] as const))('has the values of case %i', (_, reference) => {
    const { values, mean, std, ci } = reference;
    const found = summarise(values);
    const largest = Math.max(...values.map(Math.abs));
    const near = (a: number, b: number, size: number) => Math.abs(a - b) <= Math.max(5e-324, 1e-12 * size);
    expect(near(found.mean, mean, Math.max(Math.abs(mean), 1e-4 * largest))).toBe(true);
    expect(near(found.std!, std!, std!)).toBe(true);
    for (const i of [0, 1])
      expect(Math.abs(found.ci![i]! - ci![i]!)).toBeLessThanOrEqual(
        1e-12 * (ci![1] - ci![0]) + 2 ** -52 * largest + 1e-323,
      );
  });
});

// The same draws each time.
fc.configureGlobal({ seed: 11, numRuns: 300 });

describe('any values', () => {
  const values = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), {
    minLength: 1,
    maxLength: 20,
  });

  it('have a mean within their range, whatever their size', () => {
    fc.assert(
      fc.property(values, drawn => {
        const { n, mean, std, ci, min, max } = summarise(drawn);
        expect(n).toBe(drawn.length);
        expect(min <= mean && mean <= max).toBe(true);
        const numbers = [mean, min, max, ...(std === null ? [] : [std]), ...(ci ?? [])];
        expect(numbers.every(Number.isFinite)).toBe(true);
        if (ci !== null) expect(ci[0] <= mean && mean <= ci[1] && std! >= 0).toBe(true);
      }),
    );
  });

  it('that are equal have exactly that mean and no spread', () => {
    const value = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(value, fc.integer({ min: 2, max: 30 }), (one, n) => {
        const found = summarise(Array.from({ length: n }, () => one));
        const same = one + 0;
        expect(found).toEqual({ n, mean: same, ci: [same, same], std: 0, min: same, max: same });
        expect(formatSummary(found, '%')).toMatch(/ ± 0\.00$/);
      }),
    );
    expect(summarise([85.6, 85.6, 85.6])).toMatchObject({ mean: 85.6, std: 0, ci: [85.6, 85.6] });
  });

  it('have the same statistics in any order', () => {
    fc.assert(
      fc.property(values, drawn => {
        const sorted = summarise([...drawn].sort((a, b) => a - b));
        const found = summarise(drawn);
        expect(Math.abs(found.mean - sorted.mean)).toBeLessThanOrEqual(2 ** -51 * Math.abs(sorted.mean));
      }),
    );
  });

  it('are printed as numbers: never NaN, never a spread of zeros that is none', () => {
    fc.assert(
      fc.property(values, fc.constantFrom('%', ''), (drawn, unit) => {
        const summary = summarise(drawn);
        const text = formatSummary(summary, unit);
        expect(text).not.toMatch(/NaN|Infinity|undefined|-0(\.0*)? /);
        const { ci } = summary;
        const [, spread] = / ± (\S+?)\)?(?:e-?\d+)?$/.exec(text) ?? [];
        if (ci !== null) expect(Number(spread) === 0).toBe(ci[1] / 2 - ci[0] / 2 === 0);
        expect(text.length).toBeLessThan(30);
      }),
    );
  });

  it('that are no numbers are refused', () => {
    for (const bad of [[], [Number.NaN], [1, Number.POSITIVE_INFINITY]])
      expect(() => summarise(bad)).toThrow('finite');
  });
});

describe('exactSum', () => {
  it('loses nothing on the way', () => {
    expect(exactSum([1e16, 1, -1e16])).toBe(1);
    expect(exactSum(Array.from({ length: 10 }, () => 0.1))).toBe(1);
    expect(exactSum([])).toBe(0);
  });
});

/** As a table shows it. */
const formatSummary = ({ mean, ci }: Statistics, unit: string) => formatMean(mean, halfWidthOf(ci), unit);

describe('a summary as text', () => {
  const text = (values: number[], unit = '') => formatSummary(summarise(values), unit);
  it.each([
    [[85.6, 85.6, 85.6], '%', '85.60 ± 0.00'],
    [[91.234], '%', '91.23'],
    [[0.0123456], '', '0.0123'],
    [[3.2e-7], '', '3.200e-7'],
    [[0], '', '0.0000'],
    [[12345678], '', '1.235e7'],
    [[4.2e-7, 4.3e-7, 4.1e-7], '', '(4.2 ± 0.2)e-7'],
    [[1.5e9, 1.6e9], '', '(1.6 ± 0.6)e9'],
    [[91.2, 91.200000001], '%', '91.200000 ± 6e-9'],
    [[-1e-9, 1e-9], '', '(0.0 ± 1.3)e-8'],
    [[5e-324, 1e-323], '', '(1 ± 3)e-323'],
  ] as const)('of %j %s is %s', (values, unit, expected) => {
    expect(text([...values], unit)).toBe(expected);
  });
});
