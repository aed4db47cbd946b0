import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keysOfPlan, readPlan } from '../../src/plan/frozen-plan.ts';
import { type Plan, planSweep } from '../../src/plan/plan.ts';
import { planFile, plansOf, writePlan } from '../../src/plan/plan-file.ts';
import { parseSpec } from '../../src/spec/sweep.ts';
import { newFolder } from '../support/files.ts';
import { assumedOf } from '../support/inputs.ts';

function planOf(file: string, overrides = ''): Plan {
  const parsed = parseSpec(readFileSync(file, 'utf8') + overrides, file);
  if (!parsed.ok) throw new Error(parsed.diagnostics[0]!.message);
  const { sweep } = parsed;
  const hashes = {
    weights: 'abc',
    test: 'def',
    'images:0': 'x',
    'images:1': 'y',
    teacher: 't',
    'original-count': '50000',
  };
  return planSweep(sweep, assumedOf(sweep, hashes));
}

const specs = readdirSync('experiments')
  .filter(name => name.endsWith('.yaml'))
  .map(name => join('experiments', name));

describe('a frozen plan', () => {
  it.each(specs)('of %s reads back as it was made', async spec => {
    const plan = planOf(spec);
    const folder = newFolder();
    await writePlan(folder, plan, 'sweep', '1.2.3');
    const { header, runs, stages } = await readPlan(join(folder, planFile));
    expect(header).toEqual({ plan: 2, sweep: 'sweep', tool: '1.2.3' });
    expect(runs).toEqual(plan.runs);
    expect([...stages]).toEqual([...plan.stages]);
    const keys = [];
    for await (const key of keysOfPlan(join(folder, planFile))) keys.push(key);
    expect(keys).toEqual([...plan.stages.keys()]);
  });

  it('tells a configuration once, however many stages share it', async () => {
    const folder = newFolder();
    await writePlan(folder, planOf('experiments/quickstart.yaml'), 'sweep', '1.2.3');
    const text = readFileSync(join(folder, planFile), 'utf8');
    const { runs } = await readPlan(join(folder, planFile));
    // Each cell's, and that of its one phase.
    expect(text.match(/"configuration":\{/g)).toHaveLength(2 * new Set(runs.map(({ cell }) => cell)).size);
  });

  it('is kept beside those of other commands, once each', async () => {
    const folder = newFolder();
    const [one, other] = [planOf('experiments/quickstart.yaml'), planOf('experiments/cifar10.yaml')];
    for (const plan of [one, other, one]) await writePlan(folder, plan, 'sweep', '1.2.3');
    const plans = await plansOf(folder);
    expect(plans).toHaveLength(3);
    const runs = await Promise.all(plans.map(async file => (await readPlan(file)).runs.length));
    expect(runs.sort((a, b) => a - b)).toEqual([one, one, other].map(({ runs }) => runs.length));
    expect((await readPlan(join(folder, planFile))).runs).toHaveLength(one.runs.length);
  });

  it.each([
    ['another version', '{"plan":1,"sweep":"x","tool":"9"}\n', 'one of another version'],
    ['no first line', '{"run":"a","stages":[]}\n', 'one of another version'],
    ['half a line', '{"plan":2,"sweep":"x","tool":"1"}\n{"stage":{"key', 'a damaged one'],
    ['nothing', '', 'an empty file'],
  ])('with %s is refused', async (_, text, got) => {
    const file = join(newFolder(), planFile);
    writeFileSync(file, text);
    await expect(readPlan(file)).rejects.toMatchObject({
      kind: 'environment',
      message: `Expected ${file} to be a plan, got ${got}`,
    });
  });
});
