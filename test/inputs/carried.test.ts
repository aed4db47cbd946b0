import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { place, settingAt } from '../../src/contract/placed.ts';
import { readPlan } from '../../src/plan/frozen-plan.ts';
import { planFile, writePlan } from '../../src/plan/plan-file.ts';
import { newFolder } from '../support/files.ts';
import { determined, execute, onlyResult, planOf } from '../support/whole-runs.ts';

const embedded = 'assets/resnet8-procedural.safetensors';

test('a worker finds by the plan alone what lies beside the spec and in the data root', async () => {
  const folder = newFolder({ 'specs/readme': '', 'data/readme': '' });
  copyFileSync(embedded, join(folder, 'specs', 'target.safetensors'));
  copyFileSync(embedded, join(folder, 'data', 'teacher.safetensors'));
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('NERN_SWEEP_DATA', join(folder, 'data'));
  const plan = await planOf(
    `name: x
target: { network: resnet8, dataset: procedural, weights: target.safetensors }
teacher: { network: resnet8, weights: teacher.safetensors }
data: { train: 16, test: 16 }
predictor: { hidden: 8, embedding: { levels: 4 } }
alpha: 0.1
batch: 4
iterations: 2
evaluate: [accuracy]
seeds: [0]
`,
    join(folder, 'specs'),
  );
  const { configuration } = plan.runs[0]!.cell;
  expect(configuration.target.weights).toBe('target.safetensors');
  await writePlan(folder, plan, 'x', '0.0.0');
  vi.stubEnv('NERN_SWEEP_DATA', join(folder, 'elsewhere'));
  const read = await readPlan(join(folder, planFile));
  const { hashes, files, placed } = read.runs[0]!.inputs;
  expect(files).toEqual({
    'data.root': join(folder, 'data'),
    'target.weights': join(folder, 'specs', 'target.safetensors'),
    'teacher.weights': join(folder, 'data', 'teacher.safetensors'),
  });
  expect(Object.keys(hashes).sort()).toEqual(['images:0', 'teacher', 'test', 'weights']);
  expect(placed.target.weights).toBe(files['target.weights']);
  const result = onlyResult(await execute(read));
  // What is reported is what the spec says, and the same on each machine.
  expect(result.configuration).toEqual(configuration);
  expect(JSON.stringify(determined(result))).not.toContain(folder);
});

test('every path of a configuration is placed, also of phases, and nothing else', async () => {
  const folder = newFolder();
  const { configuration } = (
    await planOf(
      `name: x
target: { network: resnet8, dataset: procedural, weights: embedded }
phases: reconstruction
evaluate: [reconstruction-error]
`,
      folder,
    )
  ).runs[0]!.cell;
  const written = {
    ...configuration,
    permutation: { method: 'in-filter', twoOpt: 0, file: 'a' } as const,
    phases: [
      { name: 'one', losses: ['reconstruction'], from: 'previous' },
      { name: 'two', losses: ['reconstruction'], from: { file: 'b' } },
    ] as typeof configuration.phases,
  };
  const files = {
    'data.root': '/d',
    'permutation.file': '/a',
    'phases.1.from.file': '/b',
    'data.folder': '/c',
  };
  const placed = place(written, files, undefined);
  const at = (setting: string) => settingAt(placed, setting.split('.'));
  expect([at('data.root'), at('permutation.file'), at('phases.1.from.file')]).toEqual(['/d', '/a', '/b']);
  expect(placed.phases).toHaveLength(2);
  expect(at('phases.0.from')).toBe('previous');
  expect(placed.data).not.toHaveProperty('folder');
  expect(settingAt(written, ['phases', '1', 'from'])).toEqual({ file: 'b' });
});
