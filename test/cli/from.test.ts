import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Results } from '../../src/report/results.ts';
import { makeWorkspace, runProgram, type Workspace } from './program.ts';

const first = `
name: first
target: { network: resnet8, dataset: procedural, weights: embedded }
data: { test: 100 }
predictor: { hidden: 16, embedding: { levels: 4 } }
permutation: in-filter
sampler: { method: magnitude, batch: 256 }
phases: reconstruction
iterations: 10
repeats: 2
evaluate: [accuracy, reconstruction-error]
`;

const second = first
  .replace('name: first', 'name: second')
  .replace('weights: embedded', 'from: { sweep: runs/first, measure: reconstruction-error }')
  .replace('repeats: 2', 'repeats: 1');

let workspace: Workspace;
beforeEach(() => {
  workspace = makeWorkspace(first);
  writeFileSync(join(workspace.folder, 'second.yaml'), second);
});
afterEach(() => rmSync(workspace.folder, { recursive: true }));

const results = (name: string) => JSON.parse(workspace.read(`runs/${name}/results.json`)) as Results;

it('represents the network that the best seed of another sweep reconstructed', async () => {
  expect((await runProgram(workspace, ['tiny.yaml'], 'real')).code).toBe(0);
  expect((await runProgram(workspace, ['second.yaml'], 'real')).code).toBe(0);
  const { values } = results('first').cells[0]!.metrics['reconstruction-error']!;
  const best = Object.keys(values).sort((a, b) => values[a]! - values[b]!)[0]!;
  const { accuracy } = results('first').cells[0]!.metrics;
  expect(results('second').target.accuracy).toBe(accuracy!.values[best]);

  const planned = async (...args: string[]) =>
    (await runProgram(workspace, ['plan', 'second.yaml', ...args])).stdout;
  expect(await planned()).toContain('Nothing to do.');
  // With its other seed the other sweep gives another target.
  expect(await planned('--set', `target.from.seed=${1 - Number(best)}`)).toMatch(/^network +0 +1 /m);
});

it('points at a sweep that is not there, or is of another network', async () => {
  const missing = await runProgram(workspace, ['second.yaml']);
  expect(missing.code).toBe(3);
  expect(missing.stderr).toMatch(
    /second\.yaml:3:\d+ error Expected \S+runs\/first\/trials to hold one cell, found 0/,
  );
  await runProgram(workspace, ['tiny.yaml'], 'real');
  const several = ['second.yaml', '--set', 'target.from.cell=nothing'];
  expect((await runProgram(workspace, several)).stderr).toMatch(
    /to hold one cell that fits `nothing`, found 0[\s\S]*Its cells are cell-/,
  );
  const foreign = ['second.yaml', '--set', 'target.network=resnet20'];
  expect((await runProgram(workspace, foreign)).stderr).toContain(
    'to represent {"dataset":"procedural","network":"resnet20"}, got {"dataset":"procedural","network":"resnet8"}',
  );
});

it('prunes the target before anything else', async () => {
  const args = ['tiny.yaml', '--repeats', '1', '--set', 'evaluate=[accuracy]'];
  await runProgram(workspace, [...args, '--set', 'target.prune=0.95'], 'real');
  const pruned = results('first').target.accuracy!;
  await runProgram(workspace, args, 'real');
  expect(results('first').target.accuracy).toBeGreaterThan(pruned + 20);
});
