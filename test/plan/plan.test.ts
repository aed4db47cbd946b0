import { describe, expect, it } from 'vitest';
import type { InputHashes } from '../../src/contract/inputs.ts';
import { dependencies } from '../../src/contract/stage.ts';
import { type Plan, planSweep } from '../../src/plan/plan.ts';
import { reportedBy, runKey } from '../../src/plan/run.ts';
import { parseSpec } from '../../src/spec/sweep.ts';
import { assumedOf } from '../support/inputs.ts';

const spec = `
name: tiny
target: { network: resnet20, dataset: cifar10, weights: r20.th }
data: { root: here }
seeds: [3, 5]
matrix: { predictor.hidden: [140, 160] }
`;

function plan(text: string, file = 'tiny.yaml', hashes: InputHashes = { weights: 'abc' }): Plan {
  const parsed = parseSpec(text, file);
  if (!parsed.ok) throw new Error(parsed.diagnostics[0]!.message);
  const { sweep } = parsed;
  return planSweep(sweep, assumedOf(sweep, hashes));
}

const keys = ({ runs }: Plan) => runs.map(runKey);
const kinds = ({ stages }: Plan) => {
  const counts: Record<string, number> = {};
  for (const { kind } of stages.values()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
};

describe('planSweep', () => {
  it('takes all cells with one seed before the next seed', () => {
    const order = plan(spec).runs.map(({ cell, seed }) => [cell.values['predictor.hidden'], seed]);
    expect(order).toEqual([
      [140, 3],
      [160, 3],
      [140, 5],
      [160, 5],
    ]);
  });

  it('names a run by its cell and seed, and gives each a key of its own', () => {
    const { runs } = plan(spec);
    expect(runs.map(({ run, cell, seed }) => run === `${cell.id}/seed-${seed}`)).toEqual(Array(4).fill(true));
    expect(new Set(keys(plan(spec))).size).toBe(4);
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
    ['the contents of the test images', spec, { weights: 'abc', test: 'x' }],
    ['the contents of the training images', spec, { weights: 'abc', 'images:0': 'x' }],
    ['what is measured', `${spec}evaluate: [accuracy]\n`, { weights: 'abc' }],
  ])('changes every key with %s', (_, text, hashes) => {
    const before = new Set(keys(plan(spec)));
    expect(keys(plan(text, 'tiny.yaml', hashes)).filter(key => before.has(key))).toEqual([]);
  });
});

describe('stages', () => {
  const phaseKeys = ({ stages }: Plan) =>
    [...stages.values()].flatMap(({ kind, key }) => (kind === 'phase' ? [key] : []));

  it('stand in the plan after those that they build on', () => {
    const { stages, runs } = plan(
      `${spec}phases: decoupled\nprogressive: { rounds: 3 }\npermutation: in-filter\n`,
    );
    const order = [...stages.keys()];
    for (const stage of stages.values())
      for (const other of dependencies(stage))
        expect(order.indexOf(other), stage.name).toBeLessThan(order.indexOf(stage.key));
    for (const run of runs) for (const key of reportedBy(run)) expect(stages.has(key)).toBe(true);
  });

  it('of a grid of three hidden sizes, three schemes and four seeds are shared where they are equal', () => {
    const grid = plan(
      spec
        .replace('[3, 5]', '[0, 1, 2, 3]')
        .replace(
          /matrix: .*/,
          'permutation: in-filter\nmatrix: { predictor.hidden: [140, 160, 180], phases: [reconstruction, joint, decoupled] }',
        ),
    );
    expect(grid.runs).toHaveLength(36);
    expect(kinds(grid)).toEqual({ permutation: 1, guidance: 4, phase: 36, selection: 3, evaluation: 73 });
  });

  it('of a permutation are shared by all that is trained on the same target', () => {
    const orders = spec.replace('[140, 160]', '[140, 160], permutation: [none, in-filter, cross-filter]');
    expect(kinds(plan(orders))).toMatchObject({ permutation: 2, phase: 12 });
  });

  it.each([
    ['further measures', `${spec}evaluate: [fgsm, layer-errors]\n`, {}],
    ['the contents of the test images', spec, { test: 'x' }],
    ['the size of an attack', `${spec}attack: { epsilon: 2 }\n`, {}],
    ['the report', `${spec}report: { rows: predictor.hidden }\n`, {}],
    ['a device', `${spec}device: cpu\n`, {}],
    ['how the best is told where no best is asked for', `${spec}select: { measure: loss }\n`, {}],
  ])('train nothing again for %s', (_, text, hashes) => {
    expect(phaseKeys(plan(text, 'tiny.yaml', { weights: 'abc', ...hashes }))).toEqual(phaseKeys(plan(spec)));
  });

  it.each([
    ['the optimizer', 'optimizer: { lr: 0.001 }', 'optimizer: { lr: 0.002 }'],
    ['the sampler', 'sampler: { batch: 100 }', 'sampler: { batch: 101 }'],
    ['the forms of the losses', 'losses: { kd: plain }', 'losses: { kd: stable }'],
    ['the embedding', 'predictor.embedding.levels: 4', 'predictor.embedding.levels: 5'],
    ['the interval of measuring', 'evaluateEvery: 10', 'evaluateEvery: 11'],
  ])('of training are others with %s', (_, one, other) => {
    const withSetting = (setting: string) =>
      setting.startsWith('predictor.')
        ? plan(spec.replace('matrix: {', `matrix: { ${setting.replace(/: (\d)/, ': [$1]')},`))
        : plan(`${spec}${setting}\n`);
    const before = new Set(phaseKeys(withSetting(one)));
    expect(phaseKeys(withSetting(other)).filter(key => before.has(key))).toEqual([]);
  });

  it('that distil nothing do not depend on how they would', () => {
    const reconstruction = `${spec}phases: reconstruction\n`;
    const same = `${reconstruction}batch: 7\nlosses: { kd: plain, fmd: gram }\nalpha: 0.5\n`;
    expect(phaseKeys(plan(same, 'tiny.yaml', { weights: 'abc', 'images:0': 'x' }))).toEqual(
      phaseKeys(plan(reconstruction)),
    );
  });

  it('that begin with the best of seeds depend on all seeds, those after their own on theirs alone', () => {
    const phases = (from: string) => `phases:
  - { name: reconstruct, losses: [reconstruction] }
  - { name: distill, losses: [kd], from: ${from} }
`;
    const second = (text: string) => plan(text).runs[0]!.rounds[0]!.phases[1]!.key;
    const more = spec.replace('[3, 5]', '[3, 5, 7]');
    expect(second(spec + phases('previous'))).toBe(second(more + phases('previous')));
    expect(second(spec + phases('best-of-seeds'))).not.toBe(second(more + phases('best-of-seeds')));
  });

  it('that are equal measure on the way what either is asked to', () => {
    const { stages } = plan(spec.replace('[140, 160]', '[140], evaluate: [[accuracy], [loss, fgsm]]'));
    const phases = [...stages.values()].filter(stage => stage.kind === 'phase');
    expect(phases.map(({ track }) => track)).toEqual([
      ['accuracy', 'loss'],
      ['accuracy', 'loss'],
    ]);
  });

  it('of a later round wait for the selection that may end the rounds, where there is a stop rule', () => {
    const rounds = (rule: boolean) =>
      plan(`${spec}progressive: { rounds: 2, stopWhenNoGain: ${rule} }\npermutation: in-filter\n`);
    const { stages, runs } = rounds(true);
    const [first, second] = runs[0]!.rounds;
    const training = stages.get(second!.phases[0]!.key)!;
    expect(training.unless).toBe(first!.selection);
    expect(stages.get(training.inputs.target!)).toMatchObject({
      kind: 'network',
      inputs: { predictor: first!.selection },
    });
    expect(stages.get(training.inputs.permutation!)).toMatchObject({
      inputs: { target: training.inputs.target },
    });
    expect([...rounds(false).stages.values()].filter(({ unless }) => unless !== undefined)).toEqual([]);
  });
});
