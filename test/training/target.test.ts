import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { InputHashes } from '../../src/contract/inputs.ts';
import type { StageEvent } from '../../src/contract/job.ts';
import type { OriginalStage } from '../../src/contract/stage.ts';
import { workFolder } from '../../src/files/work-folder.ts';
import { type Plan, planSweep } from '../../src/plan/plan.ts';
import { readSafetensors } from '../../src/weights/safetensors.ts';
import { failingEngine } from '../support/failing-engine.ts';
import { newFolder } from '../support/files.ts';
import { determined, execute, planOf, published, type Whole } from '../support/whole-runs.ts';

const spec = (train: string, rest = '') => `
name: tiny
target: { network: resnet8, dataset: procedural, shortcut: A, train: ${train} }
data: { train: 16, test: 32 }
predictor: { hidden: 8, embedding: { base: 0.76, levels: 4 } }
sampler: { method: uniform, batch: 100 }
iterations: 2
evaluate: [accuracy]
${rest || 'seeds: [3]'}
`;

/** Three epochs of 16 images are six iterations of 8. */
const recipe = '{ epochs: 3, batch: 8, smoothness: { factor: 1.0e-3 }, optimizer: { lr: 0.02 } }';

const originalsOf = ({ stages }: Plan): OriginalStage[] =>
  [...stages.values()].filter(stage => stage.kind === 'original');

const targetOf = ({ runs }: Whole, i = 0) => published(runs[i]!, 'target.safetensors');

describe('a target that is trained', () => {
  test('is the same bytes for the same seed, whatever the number of threads', async () => {
    const [once, wider] = [await execute(spec(recipe)), await execute(spec(recipe), { threads: 2 })];
    const { provenance: _, ...original } = once.runs[0]!.result.original!;
    expect(wider.runs[0]!.result.original).toMatchObject(original);
    expect((await targetOf(wider)).equals(await targetOf(once))).toBe(true);
    expect(original).toMatchObject({ seed: 0, iterations: 6 });
    expect(original.history.map(({ iteration }) => iteration)).toEqual([...Array(6).keys()].map(i => i + 1));
    expect(original.smoothness.after).toBeLessThan(original.smoothness.before);
  });

  test('that was stopped twice goes on to the same bytes', async () => {
    const whole = await execute(spec(recipe));
    const store = newFolder();
    const plan = await planOf(spec(recipe));
    const [stage] = originalsOf(plan);
    for (const at of [2, 4]) {
      const stop = new AbortController();
      const tell = (event: StageEvent) => {
        if (event.type === 'stage-progress' && event.iteration === at) stop.abort();
      };
      const stopped = execute(plan, { store, tell, stop: stop.signal });
      await expect(stopped).rejects.toMatchObject({ kind: 'signal' });
      expect(await readdir(workFolder(store, stage!.key))).toEqual(['checkpoint.json']);
    }
    const seen: number[] = [];
    const tell = (event: StageEvent) => {
      if (event.type === 'stage-progress' && event.stage === stage!.name) seen.push(event.iteration);
    };
    const resumed = await execute(plan, { store, tell });
    expect(seen[0]).toBe(5);
    expect((await targetOf(resumed)).equals(await targetOf(whole))).toBe(true);
    expect(resumed.runs[0]!.result.original!.history).toEqual(whole.runs[0]!.result.original!.history);
  });

  test('is shared by all seeds and by cells that differ in other settings', async () => {
    const plan = await planOf(
      spec(
        recipe,
        'repeats: 2\nmatrix: { predictor.hidden: [8, 12], target.train.smoothness.factor: [0, 1] }',
      ),
    );
    expect(originalsOf(plan).map(({ name, seed }) => [name.split(' ').at(-1), seed])).toEqual([
      ['target', 0],
      ['target', 0],
    ]);
    expect(plan.runs.map(({ trained }) => trained)).toHaveLength(8);
  });

  test('is each seed its own with `seed: run`', async () => {
    const each = recipe.replace('{ ', '{ seed: run, ');
    const whole = await execute(spec(each, 'seeds: [3, 4]\nbaseline: true'));
    expect(originalsOf(whole.plan).map(({ seed }) => seed)).toEqual([3, 4]);
    expect((await targetOf(whole, 0)).equals(await targetOf(whole, 1))).toBe(false);
    expect(whole.executed.filter(name => /target$/.test(name))).toHaveLength(2);
  });

  test('tells its accuracy, and serves as the target of a predictor', async () => {
    const { runs } = await execute(spec(recipe));
    const { result } = runs[0]!;
    expect(result.metrics['target-accuracy']).toEqual({ unit: '%', value: result.target.accuracy });
    expect(result.metrics['target-smoothness']!.value).toBe(result.original!.smoothness.after);
    expect(result.phases).toHaveLength(1);
  });

  test('learns from a teacher besides the labels', async () => {
    const taught = '{ epochs: 1, batch: 8, teacher: { network: resnet8, weights: embedded } }';
    const { runs } = await execute(spec(taught, 'seeds: [3]\nbaseline: true'));
    const { history } = runs[0]!.result.original!;
    for (const { loss, crossEntropy, kd } of history) {
      expect(kd).toBeGreaterThan(0);
      expect(Math.abs(loss - crossEntropy - kd)).toBeLessThan(1e-5);
    }
  });

  test.each([
    ['parameters', 'weights'],
    ['statistics', 'statistics of the norms'],
  ])('whose %s are no numbers after a step fails there', async (output, words) => {
    const { iterations } = originalsOf(await planOf(spec(recipe)))[0]!;
    const engine = await failingEngine('original-step', step => step === iterations, output);
    await expect(execute(spec(recipe), { engine })).rejects.toMatchObject({
      kind: 'nan',
      message: expect.stringMatching(
        `^Expected the ${words} to be finite numbers after iteration ${iterations} of training the target`,
      ),
    });
  });

  test('whose loss alone overflows goes on to the same bytes', async () => {
    const engine = await failingEngine('original-step', step => step === 2, 'loss');
    const [plain, overflown] = [await execute(spec(recipe)), await execute(spec(recipe), { engine })];
    expect((await targetOf(overflown)).equals(await targetOf(plain))).toBe(true);
    const { history } = overflown.runs[0]!.result.original!;
    expect(history.every(({ loss }) => Number.isFinite(loss))).toBe(true);
  });

  test('that diverges ends its runs with what happened', async () => {
    const wild = '{ epochs: 3, batch: 8, labels: 1.0e6, optimizer: { lr: 10 } }';
    await expect(execute(spec(wild))).rejects.toMatchObject({
      kind: 'nan',
      message: expect.stringContaining('of training the target'),
    });
  });
});

describe('a baseline', () => {
  test('measures the target itself and trains no predictor', async () => {
    const given = spec('')
      .replace(', train: ', ', weights: embedded')
      .replace('seeds: [3]', 'seeds: [3]\nbaseline: true');
    const { runs, executed } = await execute(given);
    const result = determined(runs[0]!.result);
    expect(executed).toEqual([expect.stringContaining('original accuracy')]);
    expect(result).toMatchObject({ phases: [], compressionRatio: 1 });
    expect(result.metrics).toEqual({ accuracy: { unit: '%', value: result.target.accuracy } });
  });

  test('of a trained target leaves its weights in the folder of the run', async () => {
    const whole = await execute(spec(recipe, 'seeds: [3]\nbaseline: true'));
    const names = [...readSafetensors(await targetOf(whole), 'target').keys()];
    expect(names).toContain('layer1.0.bn1.running_var');
  });
});

describe('the key of a training', () => {
  const keyOf = async (train: string, change: (hashes: InputHashes) => InputHashes = hashes => hashes) => {
    const plan = await planOf(spec(train));
    const { cell, inputs } = plan.runs[0]!;
    const changed = { ...inputs, hashes: change(inputs.hashes) };
    const sweep = { cells: [cell], seeds: [3] } as unknown as Parameters<typeof planSweep>[0];
    return originalsOf(planSweep(sweep, new Map([[cell.id, changed]])))[0]!.key;
  };

  test('depends on recipe, seed and images, and on distillation only with a teacher', async () => {
    const key = await keyOf('{ epochs: 3 }');
    expect(await keyOf('{ epochs: 3, distillation: { temperature: 4 } }')).toBe(key);
    expect(await keyOf('{ epochs: 3, seed: 1 }')).not.toBe(key);
    expect(await keyOf('{ epochs: 3, optimizer: { lr: 0.2 } }')).not.toBe(key);
    expect(await keyOf('{ epochs: 3 }', hashes => ({ ...hashes, original: 'others' }))).not.toBe(key);
    const taught = '{ epochs: 3, teacher: { network: resnet8, weights: embedded } }';
    const other = await keyOf(taught, hashes => ({ ...hashes, 'original-teacher': 'other' }));
    expect(new Set([key, await keyOf(taught), other]).size).toBe(3);
  });
});
