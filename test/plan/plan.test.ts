import { describe, expect, it } from 'vitest';
import { planSweep } from '../../src/plan/plan.ts';
import { parseSpec } from '../../src/spec/sweep.ts';

const spec = `
name: tiny
target: { network: resnet20, dataset: cifar10, weights: r20.th }
data: { root: here }
seeds: [3, 5]
matrix: { predictor.hidden: [140, 160] }
`;

function plan(text: string, file = 'tiny.yaml', hashes: Record<string, string> = { weights: 'abc' }) {
  const parsed = parseSpec(text, file);
  if (!parsed.ok) throw new Error(parsed.diagnostics[0]!.message);
  const { sweep } = parsed;
  return planSweep(sweep, new Map(sweep.cells.map(({ id }) => [id, hashes])));
}

const keys = (runs: ReturnType<typeof plan>) => runs.map(({ key }) => key);

describe('planSweep', () => {
  it('takes all cells with one seed before the next seed', () => {
    const order = plan(spec).map(({ cell, seed }) => [cell.values['predictor.hidden'], seed]);
    expect(order).toEqual([
      [140, 3],
      [160, 3],
      [140, 5],
      [160, 5],
    ]);
  });

  it('names a run by its cell and seed, and gives each a key of its own', () => {
    const runs = plan(spec);
    expect(runs.map(({ run, cell, seed }) => run === `${cell.id}/seed-${seed}`)).toEqual(Array(4).fill(true));
    expect(new Set(keys(runs)).size).toBe(4);
  });

  it.each([
    ['its name', spec.replace('tiny', 'other'), 'tiny.yaml'],
    ['its file', spec, 'elsewhere/tiny.yaml'],
    ['the place of the data', spec.replace('here', 'there'), 'tiny.yaml'],
    ['the place of the weights', spec.replace('r20.th', '/data/r20.th'), 'tiny.yaml'],
    ['further seeds', spec.replace('[3, 5]', '[3, 5, 7]'), 'tiny.yaml'],
    ['a default that is written out', `${spec}alpha: 1.0e-4\n`, 'tiny.yaml'],
  ])('keeps the keys whatever %s', (_, text, file) => {
    expect(keys(plan(text, file))).toEqual(expect.arrayContaining(keys(plan(spec))));
  });

  it.each([
    ['a setting', `${spec}alpha: 2.0e-4\n`, { weights: 'abc' }],
    ['the contents of the weights', spec, { weights: 'abd' }],
    ['the contents of the data', spec, { weights: 'abc', test: 'x' }],
  ])('changes every key with %s', (_, text, hashes) => {
    const before = new Set(keys(plan(spec)));
    expect(keys(plan(text, 'tiny.yaml', hashes)).filter(key => before.has(key))).toEqual([]);
  });
});
