import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Results } from '../../src/report/results.ts';
import { makeWorkspace, runProgram, type Workspace } from './program.ts';

const spec = `
name: tiny
target: { network: resnet8, dataset: procedural, weights: embedded }
predictor: { hidden: 16, embedding: { levels: 4 } }
sampler: { method: magnitude, batch: 256 }
alpha: 0
beta: 0
iterations: 5
evaluate: [reconstruction-error]
repeats: 1
`;

let workspace: Workspace;
beforeEach(() => {
  workspace = makeWorkspace(spec);
});
afterEach(() => rmSync(workspace.folder, { recursive: true }));

const main = resolve('dist/cli/main.js');
const results = () => JSON.parse(workspace.read('runs/tiny/results.json')) as Results;
const temporaries = () =>
  readdirSync(workspace.folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.tmp'));

it('a loss that is no number fails its run alone, with the iteration and the last finite losses', async () => {
  const diverging = 'matrix.optimizer.lr=[10, 0.005]';
  const { code, stderr } = await runProgram(
    workspace,
    ['tiny.yaml', '--set', diverging, '--set', 'optimizer.weightDecay=1', '--set', 'iterations=60'],
    'real',
  );
  expect([code, results().cells.map(({ completed }) => completed)]).toEqual([1, [0, 1]]);
  expect(stderr).toMatch(
    /^failed {4}lr-10-\w+\/seed-0: nan: Expected the loss to be a finite number, got `(NaN|-?Infinity)` at iteration \d+; the last finite losses were loss .*\n {2}Try a smaller `optimizer.lr`/m,
  );
});

describe.skipIf(process.platform === 'win32')('a disk that takes no more in the middle of a run', () => {
  it('fails the run, leaves whole files only, and the same command completes it', async () => {
    const args = ['tiny.yaml', '--set', 'predictor.hidden=140'];
    // The predictor's file is larger than 64 KiB, the plan and the results are not.
    const limited = ['-c', 'ulimit -f 64; exec "$@"', 'limited', process.execPath, main, ...args];
    const options = { cwd: workspace.folder, env: workspace.environment('real') };
    const stderr = await new Promise<string>(done => {
      execFile('bash', limited, options, (_error, _stdout, text) => done(text));
    });
    expect(stderr).toMatch(
      /^failed {4}.*: environment: Expected .*\/\.store\/[0-9a-f]{2}\/[0-9a-f]{64} to be writable, got `EFBIG`\n {2}The limit/m,
    );
    expect([results().cells[0]!.completed, temporaries()]).toEqual([0, []]);
    const { code } = await runProgram(workspace, args, 'real');
    expect([code, results().cells[0]!.completed]).toEqual([0, 1]);
  });
});

describe.skipIf(process.platform !== 'linux')('kill -9', () => {
  /** The program at work on a run that takes a while, and its worker. */
  async function atWork(): Promise<{ program: ChildProcess; stderr: () => string; worker: number }> {
    const args = [main, 'tiny.yaml', '--set', 'iterations=100000'];
    const program = spawn(process.execPath, args, {
      cwd: workspace.folder,
      env: workspace.environment('real'),
    });
    let stderr = '';
    await new Promise<void>(done => {
      program.stderr!.on('data', chunk => {
        stderr += chunk;
        if (stderr.includes('started')) done();
      });
    });
    const children = readFileSync(`/proc/${program.pid}/task/${program.pid}/children`, 'utf8');
    return { program, stderr: () => stderr, worker: Number(children.trim().split(' ')[0]) };
  }

  /** Whether the process is there; one that ended and was not waited for by its parent does not count. */
  function lives(pid: number): boolean {
    try {
      return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return false;
    }
  }

  it('of a worker fails its run and says what it probably was', async () => {
    const { program, stderr, worker } = await atWork();
    process.kill(worker, 'SIGKILL');
    expect(await once(program, 'close')).toEqual([1, null]);
    expect(stderr()).toContain('out-of-memory: The worker was killed (SIGKILL), most likely by the system');
    expect([results().cells[0]!.completed, temporaries()]).toEqual([0, []]);
  });

  it('of the program ends its worker, and does not disturb a later call', async () => {
    const { program, worker } = await atWork();
    program.kill('SIGKILL');
    await once(program, 'close');
    await expect.poll(() => lives(worker), { timeout: 10_000 }).toBe(false);
    expect(temporaries()).toEqual([]);
    const { code } = await runProgram(workspace, ['tiny.yaml'], 'real');
    expect([code, results().cells[0]!.completed]).toEqual([0, 1]);
  });
});
