import { describe, expect, test } from 'vitest';
import type { Stage } from '../../src/contract/stage.ts';
import { phasesIn, planOf } from '../support/whole-runs.ts';

/** Two hidden sizes and two seeds that are guided by the same network. */
const spec = (settings = '', hidden = '[8, 12]') => `
name: guided
target: { network: resnet8, dataset: procedural, weights: embedded }
data: { train: 64, test: 64 }
beta: 0
alpha: 1
iterations: 1000
batch: 50
repeats: 2
evaluate: [reconstruction-error]
matrix: { predictor.hidden: ${hidden} }
${settings}
`;
const teacher = 'teacher: { network: resnet8, weights: embedded, normalize: cifar10 }';

const guidanceIn = (stages: ReadonlyMap<string, Stage>) =>
  [...stages.values()].filter(({ kind }) => kind === 'guidance');

describe('logits that several phases learn from', () => {
  test.each(['', teacher])('are a stage of their own for each seed, %j', async settings => {
    const plan = await planOf(spec(settings));
    const guidance = guidanceIn(plan.stages);
    expect(guidance).toHaveLength(2);
    const given = phasesIn(plan).map(({ seed, inputs }) => [seed, inputs.guidance]);
    expect(given).toEqual([0, 1, 0, 1].map(seed => [seed, guidance[seed]!.key]));
    for (const { stages, seed } of plan.runs) {
      const places = stages.map(key => plan.stages.get(key)!.kind);
      expect(places.indexOf('guidance')).toBeLessThan(places.indexOf('phase'));
      expect(stages).toContain(guidance[seed]!.key);
    }
  });

  test('are of one teacher, one order and one size of batch', async () => {
    const axes = async (axis: string) =>
      guidanceIn((await planOf(spec(teacher).replace('matrix: {', `matrix: { ${axis},`))).stages).length;
    expect(await axes('optimizer.method: [adam, ranger]')).toBe(2);
    expect(await axes('data.augment: [true, false]')).toBe(4);
    expect(await axes('teacher.normalize: [cifar10, cifar100]')).toBe(4);
    expect(await axes('batch: [50, 100]')).toBe(4);
    expect(await axes('iterations: [1000, 2000]')).toBe(4);
  });

  test('change no key', async () => {
    const [both] = [await planOf(spec(teacher))];
    const alone = await planOf(spec(teacher, '[8]'));
    expect(guidanceIn(alone.stages)).toEqual([]);
    const keys = phasesIn(both).map(({ key }) => key);
    for (const { key, inputs } of phasesIn(alone)) {
      expect(keys).toContain(key);
      expect(inputs.guidance).toBeUndefined();
    }
  });

  test.each([
    ['are too few', 'batch: 49'],
    ['would fill a disk', 'iterations: 20000000'],
    ['are not all that is learned from', 'beta: 1'],
    ['are of steps that warm up', 'warmup: 1'],
  ])('are left to the phases where they %s', async (_, change) => {
    const [key] = change.split(':');
    const text = spec()
      .split('\n')
      .filter(line => !line.startsWith(`${key}:`));
    expect(guidanceIn((await planOf([...text, change].join('\n'))).stages)).toEqual([]);
  });
});
