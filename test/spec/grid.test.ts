import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Overrides } from '../../src/spec/overrides.ts';
import { parseSpec, type Sweep } from '../../src/spec/sweep.ts';

const target = { network: 'resnet8', dataset: 'procedural' };

function sweepOf(spec: Record<string, unknown>, overrides?: Overrides): Sweep {
  const result = parseSpec(stringify({ name: 'x', target, ...spec }), 'x.yaml', overrides);
  if (!result.ok) throw new Error(result.diagnostics.map(one => one.message).join('\n'));
  return result.sweep;
}

const codesOf = (spec: Record<string, unknown>, overrides?: Overrides): string[] => {
  const result = parseSpec(stringify({ name: 'x', target, ...spec }), 'x.yaml', overrides);
  return result.ok ? [] : result.diagnostics.map(({ code }) => code);
};

const valuesOf = (sweep: Sweep) => sweep.cells.map(({ values }) => values);
const configured = (sweep: Sweep, key: 'alpha' | 'beta' | 'batch' | 'iterations' | 'warmup') =>
  sweep.cells.map(({ configuration }) => configuration[key]);

describe('matrix', () => {
  test('every combination in the order written, the last key fastest', () => {
    expect(valuesOf(sweepOf({ matrix: { alpha: [2, 1], permutation: ['none', 'in-filter'] } }))).toEqual([
      { alpha: 2, permutation: 'none' },
      { alpha: 2, permutation: 'in-filter' },
      { alpha: 1, permutation: 'none' },
      { alpha: 1, permutation: 'in-filter' },
    ]);
  });
  test('a spec without a grid is one cell', () => {
    const { cells, axes } = sweepOf({});
    expect(cells.map(({ values }) => values)).toEqual([{}]);
    expect(cells[0]?.id).toMatch(/^cell-[0-9a-f]{8}$/);
    expect(axes).toEqual([]);
  });
  test('whole parts replace the part', () => {
    const { cells } = sweepOf({
      sampler: { uniform: 0.5 },
      matrix: {
        sampler: [{ method: 'all' }, { batch: 8 }],
        evaluate: [['accuracy'], ['reconstruction-error']],
      },
    });
    expect(cells.map(({ configuration }) => [configuration.sampler, configuration.evaluate])).toEqual([
      [{ method: 'all' }, ['accuracy']],
      [{ method: 'all' }, ['reconstruction-error']],
      [{ method: 'magnitude', batch: 8, uniform: 0.8, mix: 'batch', root: 'sampled' }, ['accuracy']],
      [
        { method: 'magnitude', batch: 8, uniform: 0.8, mix: 'batch', root: 'sampled' },
        ['reconstruction-error'],
      ],
    ]);
  });
  test('settings of another method are left out where the grid sets the method', () => {
    const { cells } = sweepOf({
      sampler: { batch: 8, uniform: 0.5 },
      matrix: { 'sampler.method': ['uniform', 'all'] },
    });
    expect(cells.map(({ configuration }) => configuration.sampler)).toEqual([
      { method: 'uniform', batch: 8, root: 'sampled' },
      { method: 'all' },
    ]);
    expect(codesOf({ sampler: { method: 'all', batch: 8 } })).toEqual(['foreign-key']);
    expect(codesOf({ sampler: { method: 'all' }, matrix: { 'sampler.batch': [1, 2] } })).toEqual([
      'foreign-key',
      'foreign-key',
    ]);
  });
  test('what the base leaves out may come from the grid', () => {
    const { cells } = sweepOf({
      target: { dataset: 'cifar10' },
      matrix: { 'target.network': ['resnet20', 'resnet56'] },
      include: [{ 'target.weights': 'a.th' }],
    });
    expect(cells.map(({ configuration }) => configuration.target.network)).toEqual(['resnet20', 'resnet56']);
    expect(codesOf({ target: { dataset: 'cifar10' }, matrix: { 'target.weights': ['a.th'] } })).toEqual([
      'missing-key',
    ]);
  });
});

describe('zip', () => {
  test('lists advance together and multiply with the matrix', () => {
    const sweep = sweepOf({ zip: { alpha: [1, 2], beta: [3, 4] }, matrix: { batch: [5, 6] } });
    expect(valuesOf(sweep)).toEqual([
      { batch: 5, alpha: 1, beta: 3 },
      { batch: 5, alpha: 2, beta: 4 },
      { batch: 6, alpha: 1, beta: 3 },
      { batch: 6, alpha: 2, beta: 4 },
    ]);
    expect(sweep.axes).toEqual(['batch', 'alpha', 'beta']);
  });
});

describe('exclude', () => {
  test('removes every combination that has all values of an entry', () => {
    const matrix = { alpha: [1, 2], beta: [1, 2] };
    expect(valuesOf(sweepOf({ matrix, exclude: [{ alpha: 1 }] }))).toEqual([
      { alpha: 2, beta: 1 },
      { alpha: 2, beta: 2 },
    ]);
    expect(valuesOf(sweepOf({ matrix, exclude: [{ alpha: 1, beta: 1 }, { alpha: 1 }] }))).toHaveLength(2);
  });
  test('an entry whose values never meet is a mistake', () => {
    expect(codesOf({ zip: { alpha: [1, 2], beta: [1, 2] }, exclude: [{ alpha: 1, beta: 2 }] })).toEqual([
      'exclude-matches-nothing',
    ]);
  });
});

describe('include', () => {
  // The example of GitHub's documentation: fruit, animal, color and shape are alpha, permutation, batch and warmup.
  test('means what it means in GitHub Actions', () => {
    const sweep = sweepOf({
      matrix: { alpha: [1, 2], permutation: ['none', 'in-filter'] },
      include: [
        { batch: 10 },
        { batch: 20, permutation: 'none' },
        { alpha: 1, warmup: 5 },
        { permutation: 'cross-filter', alpha: 3 },
        { permutation: 'cross-filter', alpha: 3, batch: 7 },
      ],
    });
    expect(sweep.cells.map(({ configuration: c }) => [c.alpha, c.permutation, c.batch, c.warmup])).toEqual([
      [1, 'none', 20, 5],
      [1, 'in-filter', 10, 5],
      [2, 'none', 20, 0],
      [2, 'in-filter', 10, 0],
      [3, 'cross-filter', 256, 0],
      [3, 'cross-filter', 7, 0],
    ]);
    expect(sweep.axes).toEqual(['alpha', 'permutation', 'batch', 'warmup']);
    expect(sweep.cells[4]?.values).toEqual({ alpha: 3, permutation: 'cross-filter', batch: 256, warmup: 0 });
  });
  test('without matrix and zip every entry is a cell', () => {
    expect(configured(sweepOf({ include: [{ alpha: 1 }, { alpha: 2, batch: 3 }] }), 'alpha')).toEqual([1, 2]);
  });
  test('brings back what exclude removed', () => {
    const sweep = sweepOf({
      matrix: { alpha: [1, 2] },
      exclude: [{ alpha: 1 }],
      include: [{ alpha: 1, batch: 3 }],
    });
    expect(valuesOf(sweep)).toEqual([
      { alpha: 2, batch: 256 },
      { alpha: 1, batch: 3 },
    ]);
  });
  test('does not rename the cells it does not touch', () => {
    const matrix = { alpha: [1, 2] };
    const before = sweepOf({ matrix }).cells.map(({ id }) => id);
    const after = sweepOf({ matrix, include: [{ alpha: 2, batch: 3 }] }).cells.map(({ id }) => id);
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
  });
});

describe('overrides', () => {
  const spec = {
    matrix: { alpha: [1, 2], permutation: ['none', 'in-filter'] },
    exclude: [{ alpha: 2, permutation: 'none' }],
    include: [{ alpha: 1, iterations: 10 }],
    repeats: 3,
  };
  test('a path of the grid keeps the one value', () => {
    expect(valuesOf(sweepOf(spec, { set: ['alpha=1'] }))).toEqual([
      { alpha: 1, permutation: 'none', iterations: 10 },
      { alpha: 1, permutation: 'in-filter', iterations: 10 },
    ]);
    expect(valuesOf(sweepOf(spec, { set: ['alpha=5'] }))).toEqual([
      { alpha: 5, permutation: 'none', iterations: 70000 },
      { alpha: 5, permutation: 'in-filter', iterations: 70000 },
    ]);
  });
  test('hold in every cell, whatever include says', () => {
    const sweep = sweepOf(spec, { set: ['iterations=50', 'batch=3'] });
    expect(configured(sweep, 'iterations')).toEqual([50, 50, 50]);
    expect(configured(sweep, 'batch')).toEqual([3, 3, 3]);
    expect(sweep.cells.every(({ values }) => values.iterations === 50)).toBe(true);
  });
  test('the last one wins; a part can be set inside a whole one', () => {
    const sweep = sweepOf(
      { matrix: { sampler: [{ method: 'uniform' }] } },
      { set: ['sampler.batch=1', 'sampler.batch=2'] },
    );
    expect(sweep.cells.map(({ configuration }) => configuration.sampler)).toEqual([
      { method: 'uniform', batch: 2, root: 'sampled' },
    ]);
  });
  test('a whole part takes the place of its paths in the grid', () => {
    const sweep = sweepOf(
      { matrix: { 'sampler.batch': [1, 2], alpha: [1, 2] } },
      { set: ['sampler={method: all}'] },
    );
    expect(sweep.cells.map(({ configuration }) => configuration.sampler)).toEqual([
      { method: 'all' },
      { method: 'all' },
    ]);
  });
  test('a list of zip that is set leaves the others as they are', () => {
    const sweep = sweepOf({ zip: { alpha: [1, 2], beta: [3, 4] } }, { set: ['beta=9'] });
    expect(valuesOf(sweep)).toEqual([
      { alpha: 1, beta: 9 },
      { alpha: 2, beta: 9 },
    ]);
  });
  test('a report that names no measure shows the accuracy, or the first number that there is', () => {
    const metricOf = (evaluate: string[]) => sweepOf({ evaluate, report: {} }).report!.metric;
    expect(metricOf(['loss', 'accuracy'])).toBe('accuracy');
    expect(metricOf(['layer-errors', 'reconstruction-error', 'loss'])).toBe('reconstruction-error');
    expect(metricOf(['kernel-grid'])).toBeUndefined();
  });
  test('axes, seeds and report can be set', () => {
    const sweep = sweepOf(spec, {
      set: ['matrix.alpha=[7, 8]', 'exclude=[]', 'include=[]', 'seeds=[5]', 'report.rows=alpha'],
    });
    expect(sweep.cells).toHaveLength(4);
    expect(sweep.seeds).toEqual([5]);
    expect(sweep.report).toEqual({ rows: 'alpha', metric: 'accuracy' });
    expect(sweepOf({ ...spec, repeats: undefined, seeds: [9] }, { repeats: 2 }).seeds).toEqual([0, 1]);
    expect(sweepOf(spec).seeds).toEqual([0, 1, 2]);
    expect(sweepOf({}).seeds).toEqual([0, 1, 2, 3]);
  });
});

describe('properties', () => {
  const list = fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 3 });
  const matrix = fc
    .uniqueArray(fc.constantFrom('alpha', 'beta', 'batch', 'predictor.hidden', 'optimizer.lookahead.every'), {
      minLength: 1,
    })
    .chain(paths => fc.tuple(...paths.map(path => list.map(values => [path, values] as const))))
    .map(entries => Object.fromEntries(entries));
  const size = (axes: Record<string, number[]>) =>
    Object.values(axes).reduce((product, values) => product * values.length, 1);

  test('as many cells as the product has combinations, less the excluded ones', () => {
    fc.assert(
      fc.property(matrix, fc.nat(), fc.nat(), (axes, which, inner) => {
        const [path, values] = Object.entries(axes)[which % Object.keys(axes).length]!;
        const excluded = values[inner % values.length]!;
        expect(sweepOf({ matrix: axes }).cells).toHaveLength(size(axes));
        if (values.length === 1) return;
        const { cells } = sweepOf({ matrix: axes, exclude: [{ [path]: excluded }] });
        expect(cells).toHaveLength((size(axes) / values.length) * (values.length - 1));
        expect(cells.every(cell => cell.values[path] !== excluded)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
  test('ids are unique, safe as names, and do not depend on the order of keys', () => {
    fc.assert(
      fc.property(matrix, axes => {
        const forwards = sweepOf({ matrix: axes, warmup: 1, repeats: 2 });
        const backwards = sweepOf({
          repeats: 2,
          warmup: 1,
          matrix: Object.fromEntries(Object.entries(axes).reverse()),
        });
        const ids = forwards.cells.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        expect(backwards.cells.map(({ id }) => id).sort()).toEqual([...ids].sort());
        expect(ids.every(id => /^[a-z0-9][a-z0-9._-]{0,100}$/.test(id))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
  test('the same spec expands in the same order', () => {
    fc.assert(
      fc.property(matrix, axes => {
        const once = sweepOf({ matrix: axes });
        expect(sweepOf({ matrix: axes }).cells).toEqual(once.cells);
        const first = Object.fromEntries(Object.entries(axes).map(([path, values]) => [path, values[0]]));
        expect(once.cells[0]?.values).toEqual(first);
      }),
      { numRuns: 30 },
    );
  });
  test('a resolved configuration is a spec with that configuration', () => {
    fc.assert(
      fc.property(matrix, axes => {
        for (const { configuration } of sweepOf({ matrix: axes }).cells.slice(0, 5)) {
          expect(sweepOf({ ...configuration }).cells[0]?.configuration).toEqual(configuration);
        }
      }),
      { numRuns: 20 },
    );
  });
});
