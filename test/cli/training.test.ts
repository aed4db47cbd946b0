import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Results } from '../../src/report/results.ts';
import { interruptProgram, makeWorkspace, runProgram, type Workspace } from './program.ts';

const spec = `
name: tiny
target: { network: resnet8, dataset: procedural, weights: embedded }
data: { train: 64, test: 100 }
predictor: { hidden: 16, embedding: { levels: 4 } }
sampler: { method: magnitude, batch: 256 }
iterations: 40
batch: 8
repeats: 1
`;

let workspace: Workspace;
beforeEach(() => {
  workspace = makeWorkspace(spec);
});
afterEach(() => rmSync(workspace.folder, { recursive: true }));

const lasting = (folder: string) => {
  const { provenance: _, ...rest } = JSON.parse(workspace.read(`${folder}/tiny/results.json`)) as Results;
  return rest;
};

it('trains to the same results with one thread, with two, and when interrupted in between', async () => {
  const train = (out: string, threads: string) =>
    runProgram(workspace, ['tiny.yaml', '--out', out, '--threads', threads], 'real');
  expect((await train('one', '1')).code).toBe(0);
  expect((await train('two', '2')).code).toBe(0);
  const { code } = await interruptProgram(
    workspace,
    ['tiny.yaml', '--out', 'half'],
    ['real', ''],
    [/started/],
  );
  expect(code).toBe(130);
  expect(lasting('half').cells[0]!.completed).toBe(0);
  const work = join(workspace.folder, 'half', '.store', 'work');
  // The measuring of the target was stopped as well, and keeps nothing.
  const checkpoints = () =>
    readdirSync(work, { recursive: true, encoding: 'utf8' }).filter(name => /checkpoint/.test(name));
  expect(checkpoints()).toHaveLength(1);
  await train('half', '1');
  expect(checkpoints()).toEqual([]);
  const [cell] = lasting('half').cells;
  const run = join(workspace.folder, 'half', 'tiny', 'trials', cell!.id, 'seed-0');
  expect(readdirSync(run)).toEqual(['predictor.safetensors', 'result.json']);
  expect(lasting('one').cells[0]).toMatchObject({ completed: 1, metrics: { accuracy: { unit: '%', n: 1 } } });
  expect(lasting('two')).toEqual(lasting('one'));
  expect(lasting('half')).toEqual(lasting('one'));
});
