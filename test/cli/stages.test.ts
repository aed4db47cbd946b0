import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/contract/result.ts';
import type { Results } from '../../src/report/results.ts';
import { makeWorkspace, runProgram, type Workspace } from './program.ts';

let workspace: Workspace;
afterEach(() => rmSync(workspace.folder, { recursive: true }));

const main = resolve('dist/cli/main.js');
const results = (out = 'runs') => JSON.parse(workspace.read(`${out}/tiny/results.json`)) as Results;

/** How many stages of each kind were executed; each must have been executed once. */
function counts(): Record<string, number> {
  const stages = workspace.stages();
  expect(new Set(stages.map(({ key }) => key)).size).toBe(stages.length);
  const found: Record<string, number> = {};
  for (const { kind } of stages) found[kind] = (found[kind] ?? 0) + 1;
  return found;
}

describe('a grid of hidden sizes, schemes and seeds on one target', () => {
  beforeEach(() => {
    workspace = makeWorkspace(`
name: tiny
target: { network: resnet8, dataset: procedural, weights: embedded }
permutation: in-filter
iterations: 20
repeats: 4
matrix:
  predictor.hidden: [140, 160, 180]
  phases: [reconstruction, joint, decoupled]
`);
  });

  const wholeGrid = {
    // Of all hidden sizes, schemes and seeds.
    permutation: 1,
    // 12 of the reconstruction loss, which two schemes share, 12 joint ones, 12 that distil.
    phase: 36,
    // The best reconstruction of each hidden size.
    selection: 3,
    // Two measures of 36 predictors, for the reconstructions are results of a scheme, and the target's own accuracy.
    evaluation: 73,
  };

  it('does each shared stage once, and nothing again when a measure is added', async () => {
    expect((await runProgram(workspace, ['tiny.yaml'])).code).toBe(0);
    expect(counts()).toEqual(wholeGrid);
    expect(results().cells.map(({ completed }) => completed)).toEqual(Array(9).fill(4));
    const names = workspace.stages().flatMap(({ kind, name }) => (kind === 'selection' ? [name] : []));
    expect(names.filter(name => !/^phases-decoupled\S+ reconstruct best of seeds$/.test(name))).toEqual([]);

    const measures = 'evaluate=[accuracy, reconstruction-error, top-5]';
    expect((await runProgram(workspace, ['tiny.yaml', '--set', measures])).code).toBe(0);
    expect(counts()).toEqual({ ...wholeGrid, evaluation: 73 + 36 + 1 });
    const added = workspace.stages().slice(113);
    expect(added.filter(({ name }) => !name.endsWith(' top-5'))).toEqual([]);
    expect(results().cells[0]!.metrics['top-5']!.n).toBe(4);

    rmSync(join(workspace.folder, 'runs/tiny'), { recursive: true });
    const again = await runProgram(workspace, ['tiny.yaml', '--set', measures]);
    expect(again.stderr).toContain(
      'tiny: 36 of 36 runs to put together from stages that are all done\nfinished',
    );
    expect(again.stderr + again.stdout).not.toMatch(/undefined|NaN|null|\[object/);
    expect(results().cells.map(({ completed }) => completed)).toEqual(Array(9).fill(4));
  });

  it('tells of each phase in the result of a run', async () => {
    await runProgram(workspace, ['tiny.yaml', '--only', 'phases-decoupled_hidden-140*/seed-0']);
    const [cell] = results().cells.filter(({ completed }) => completed > 0);
    const result = JSON.parse(workspace.read(`runs/tiny/trials/${cell!.id}/seed-0/result.json`)) as RunResult;
    expect(result.phases.map(({ name, iterations }) => [name, iterations])).toEqual([
      ['reconstruct', 20],
      ['distill', 6],
    ]);
    expect(result.provenance).toHaveLength(2);
    // The others only as far as the best of seeds needs them.
    expect(counts()).toMatchObject({ permutation: 1, phase: 4 + 1, selection: 1 });
  });
});

describe('two runners on one folder', () => {
  beforeEach(() => {
    workspace = makeWorkspace();
  });

  /** The program at work, and a promise of its end; `until` waits for its output. */
  function begin(worker: string, only: string) {
    const env = {
      ...workspace.environment(worker, only),
      FAKE_GATE: join(workspace.folder, 'gate'),
    };
    const program = spawn(process.execPath, [main, 'tiny.yaml'], { cwd: workspace.folder, env });
    let output = '';
    let wake = () => {};
    program.stderr.on('data', chunk => {
      output += chunk;
      wake();
    });
    const ended = once(program, 'close').then(([code]) => code as number);
    const until = async (pattern: RegExp) => {
      while (!pattern.test(output))
        await new Promise<void>(resolve => {
          wake = resolve;
        });
    };
    return { ended, until, output: () => output };
  }

  it('do each stage once, and both have all results', async () => {
    const held = 'hidden-140.*seed-0';
    const one = begin('waits-for-gate', held);
    await one.until(/started .*hidden-140.*seed-0/);
    const other = begin('waits-for-gate', held);
    await other.until(/waiting .*hidden-140.*seed-0: process \d+ on .* is at it/);
    writeFileSync(join(workspace.folder, 'gate'), '');
    expect(await Promise.all([one.ended, other.ended])).toEqual([0, 0]);
    expect(counts()).toEqual({ permutation: 1, phase: 4, evaluation: 9 });
    for (const { output } of [one, other]) expect(output()).toContain('tiny: 4 of 4 runs complete');
    expect(readdirSync(join(workspace.folder, 'runs/.store/locks'))).toEqual([]);
  });
});

describe('a damaged object', () => {
  beforeEach(() => {
    workspace = makeWorkspace();
  });

  it('is reported, set aside and computed again when a stage needs it', async () => {
    await runProgram(workspace, ['tiny.yaml']);
    const { key, name } = workspace.stages().find(({ kind }) => kind === 'phase')!;
    const object = join(workspace.folder, 'runs/.store', key.slice(0, 2), key);
    const file = join(object, 'predictor.safetensors');
    const [sound, bytes] = [readFileSync(file), readFileSync(file)];
    bytes[3]! ^= 1;
    writeFileSync(file, bytes);
    const { code, stderr } = await runProgram(workspace, [
      'tiny.yaml',
      '--set',
      'evaluate=[accuracy, reconstruction-error, top-5]',
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain(`${key}.damaged-1: the checksum of predictor.safetensors does not fit`);
    expect(readFileSync(join(`${object}.damaged-1`, 'predictor.safetensors'))).toEqual(bytes);
    const added = workspace.stages().slice(14);
    const [again] = added.filter(({ kind }) => kind === 'phase');
    // The name may be that of the run of the changed spec.
    expect([again!.key, again!.name.split('/')[1]]).toEqual([key, name.split('/')[1]]);
    expect(added.filter(({ kind }) => kind === 'phase')).toHaveLength(1);
    expect(added.filter(({ kind }) => kind === 'evaluation')).toHaveLength(5);
    expect(readFileSync(file).length).toBe(sound.length);
  });
});

describe('progressive rounds', () => {
  beforeEach(() => {
    workspace = makeWorkspace(`
name: tiny
target: { network: resnet8, dataset: procedural, weights: embedded }
predictor: { hidden: 140 }
permutation: in-filter
iterations: 20
repeats: 2
progressive: { rounds: 4 }
`);
  });
  afterEach(() => {
    delete process.env.FAKE_ROUNDS;
  });

  /** The stand-in's accuracies of seed 0 and 1 are 35 and 36.5, plus that of the round; the target's is 91.7. */
  async function withRounds(gains: readonly number[], ...args: string[]) {
    process.env.FAKE_ROUNDS = JSON.stringify(gains);
    const { code, stderr } = await runProgram(workspace, ['tiny.yaml', '--verbose', ...args]);
    expect(code).toBe(0);
    const [cell] = results().cells;
    const result = JSON.parse(workspace.read(`runs/tiny/trials/${cell!.id}/seed-0/result.json`)) as RunResult;
    return { stderr, result, metrics: cell!.metrics };
  }

  it('end with the first that is no better than its target; the result is that of the last that was', async () => {
    const { stderr, result, metrics } = await withRounds([60, 62, 61.9, 70]);
    expect(result.rounds.map(({ round, best, gain }) => [round, best, gain])).toEqual([
      [1, 1, true],
      [2, 1, true],
      [3, 1, false],
    ]);
    expect(metrics.accuracy!.values).toEqual({ 0: 97, 1: 98.5 });
    expect(metrics['accuracy.round-1']!.values).toEqual({ 0: 95, 1: 96.5 });
    expect(metrics['accuracy.round-3']!.values).toEqual({ 0: 96.9, 1: 98.4 });
    expect(metrics.rounds!.values).toEqual({ 0: 3, 1: 3 });
    expect(stderr).toMatch(/^left out .* round-3 network: the rounds ended before it$/m);
    expect(workspace.stages().filter(({ name }) => name.includes('round-4'))).toEqual([]);
    expect(counts()).toMatchObject({ permutation: 3, phase: 6, selection: 3, network: 2 });
    const executed = workspace.stages().length;
    const again = await runProgram(workspace, ['tiny.yaml']);
    expect([again.code, workspace.stages().length]).toEqual([0, executed]);
    expect(again.stderr).toContain('nothing to do for 2 runs');
  });

  it('end after the first, which is the result, when it gains nothing', async () => {
    const { result, metrics } = await withRounds([1, 90, 90, 90]);
    expect(result.rounds.map(({ gain }) => gain)).toEqual([false]);
    expect(metrics.accuracy!.values).toEqual({ 0: 36, 1: 37.5 });
    expect(counts()).toMatchObject({ phase: 2, selection: 1 });
    expect(counts()).not.toHaveProperty('network');
    // A further measure of what is there does not begin the rounds that were left out.
    const measures = 'evaluate=[accuracy, reconstruction-error, top-5]';
    await withRounds([1, 90, 90, 90], '--set', measures);
    expect(counts()).toMatchObject({ permutation: 1, phase: 2, selection: 1 });
  });

  it('are all done without the stop rule, and the last one is the result', async () => {
    const { result, metrics } = await withRounds([60, 1, 62, 3], '--set', 'progressive.stopWhenNoGain=false');
    expect(result.rounds.map(({ gain }) => gain)).toEqual([true, false, true, false]);
    expect(metrics.accuracy!.values).toEqual({ 0: 38, 1: 39.5 });
    expect(metrics.rounds!.values).toEqual({ 0: 4, 1: 4 });
    expect(counts()).toMatchObject({ permutation: 4, phase: 8, selection: 4, network: 3 });
  });
});

describe.skipIf(process.platform !== 'linux')('kill -9 in the middle of a phase', () => {
  beforeEach(() => {
    workspace = makeWorkspace(`
name: tiny
target: { network: resnet8, dataset: procedural, weights: embedded }
data: { train: 64, test: 64 }
predictor: { hidden: 12, embedding: { levels: 4 } }
sampler: { batch: 256 }
permutation: in-filter
iterations: 20
batch: 16
phases:
  - { name: reconstruct, losses: [reconstruction] }
  - { name: distill, losses: [kd], from: best-of-seeds, iterations: 40, evaluateEvery: 10 }
repeats: 2
`);
  });

  const trial = (out: string, seed: number) => {
    const [cell] = results(out).cells;
    const folder = `${out}/tiny/trials/${cell!.id}/seed-${seed}`;
    const { provenance: _, checksum: __, ...result } = JSON.parse(workspace.read(`${folder}/result.json`));
    return { result, predictor: readFileSync(join(workspace.folder, folder, 'predictor.safetensors')) };
  };

  it('costs that phase alone: the same command gives the same bytes as one that was not killed', async () => {
    const args = ['tiny.yaml', '--jobs', '1', '--threads', '1', '--verbose'];
    const env = workspace.environment('real');
    const program = spawn(process.execPath, [main, ...args], { cwd: workspace.folder, env });
    let [stderr, isKilled] = ['', false];
    program.stderr.on('data', chunk => {
      stderr += chunk;
      if (isKilled || !/^evaluated .*distill: 10,/m.test(stderr)) return;
      const children = readFileSync(`/proc/${program.pid}/task/${program.pid}/children`, 'utf8');
      process.kill(Number(children.trim().split(' ')[0]), 'SIGKILL');
      isKilled = true;
    });
    expect(await once(program, 'close')).toEqual([1, null]);
    expect(results().cells[0]).toMatchObject({ completed: 1, failed: [{ kind: 'out-of-memory' }] });
    const again = await runProgram(workspace, args, 'real');
    expect(again.code).toBe(0);
    expect(again.stderr.match(/^started .*: 20 iterations/gm)).toBeNull();
    expect(again.stderr.match(/^started .*distill: 40 iterations/gm)).toHaveLength(1);
    const whole = await runProgram(workspace, [...args, '--out', 'whole'], 'real');
    expect(whole.stderr.match(/^started .*reconstruct: 20 iterations/gm)).toHaveLength(2);
    for (const seed of [0, 1]) {
      const [killed, expected] = [trial('runs', seed), trial('whole', seed)];
      expect(killed.result).toEqual(expected.result);
      expect(killed.predictor.equals(expected.predictor)).toBe(true);
    }
  });
});
