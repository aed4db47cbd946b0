import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Results } from '../../src/report/results.ts';
import { interruptProgram, makeWorkspace, runProgram, tinySpec, type Workspace } from './program.ts';

let workspace: Workspace;
beforeEach(() => {
  workspace = makeWorkspace();
});
afterEach(() => rmSync(workspace.folder, { recursive: true }));

const results = () => JSON.parse(workspace.read('runs/tiny/results.json')) as Results;
const completed = () => results().cells.map(cell => cell.completed);
const linesOf = (path: string) =>
  workspace
    .read(path)
    .trim()
    .split('\n')
    .map(line => JSON.parse(line));
/** What two sweeps with the same runs have in common. */
const lasting = ({ provenance: _, ...rest }: Results) => rest;

describe('nern-sweep SPEC', () => {
  it('runs the grid and writes results, tables, spec, plan and events', async () => {
    const { code, stdout, stderr } = await runProgram(workspace, ['tiny.yaml']);
    expect([code, completed()]).toEqual([0, [2, 2]]);
    expect(stdout).toMatch(/^140 +0\.261 +35\.8 ± 9\.5$/m);
    expect(stdout).toContain('runs/tiny/results.json');
    expect(stderr).toContain('tiny: 4 of 4 runs complete');
    expect(workspace.read('runs/tiny/spec.yaml')).toBe(tinySpec);
    const lines = linesOf('runs/tiny/plan.jsonl').filter(line => 'cell' in line);
    expect(lines.map(({ run, cell }) => run ?? cell)).toEqual([
      ...results().cells.map(({ id }) => id),
      ...[0, 1].flatMap(seed => results().cells.map(({ id }) => `${id}/seed-${seed}`)),
    ]);
    expect(readdirSync(join(workspace.folder, 'runs/tiny/tables')).sort()).toEqual(
      ['accuracy', 'best-accuracy', 'reconstruction-error'].flatMap(metric => [
        `${metric}.csv`,
        `${metric}.md`,
      ]),
    );
    const events = linesOf('runs/tiny/events.jsonl');
    expect(events.filter(({ type }) => type === 'run-finished')).toHaveLength(4);
    expect(events.at(-1)).toMatchObject({
      type: 'sweep-finished',
      complete: 4,
      failed: 0,
      time: expect.any(String),
    });
  });

  it('starts all cells with one seed before the next seed', async () => {
    await runProgram(workspace, ['tiny.yaml', '--jobs', '1']);
    expect(workspace.executed().map(run => run.split('/')[1])).toEqual([
      ...Array(2).fill('seed-0'),
      ...Array(2).fill('seed-1'),
    ]);
  });

  it('runs nothing the second time, and says the same', async () => {
    await runProgram(workspace, ['tiny.yaml']);
    const [first, executed] = [results(), workspace.executed()];
    const { code, stderr } = await runProgram(workspace, ['tiny.yaml']);
    expect([code, workspace.executed()]).toEqual([0, executed]);
    expect(stderr).toContain('nothing to do');
    expect(lasting(results())).toEqual(lasting(first));
  });

  it('gives the same results elsewhere, with other jobs and threads', async () => {
    const args = ['tiny.yaml', '--out', 'other', '--jobs', '1', '--threads', '2'];
    await Promise.all([runProgram(workspace, ['tiny.yaml', '--jobs', '3']), runProgram(workspace, args)]);
    const other = JSON.parse(workspace.read('other/tiny/results.json')) as Results;
    expect(lasting(other)).toEqual(lasting(results()));
    expect(Object.values(other.provenance.runs).map(({ threads }) => threads)).toEqual(Array(4).fill(2));
  });

  it('runs only what a further seed adds', async () => {
    await runProgram(workspace, ['tiny.yaml']);
    const { code } = await runProgram(workspace, ['tiny.yaml', '--repeats', '3']);
    const added = workspace.executed().slice(4);
    expect([code, completed()]).toEqual([0, [3, 3]]);
    expect(added.map(run => run.split('/')[1])).toEqual(Array(2).fill('seed-2'));
  });

  it('never overwrites what another configuration of the same name left', async () => {
    await runProgram(workspace, ['tiny.yaml']);
    await runProgram(workspace, ['tiny.yaml', '--set', 'alpha=0.5']);
    expect(workspace.executed()).toHaveLength(8);
    expect(readdirSync(join(workspace.folder, 'runs/tiny/trials'))).toHaveLength(4);
    await runProgram(workspace, ['tiny.yaml']);
    expect(workspace.executed()).toHaveLength(8);
  });

  it('puts a damaged result together again from its stages, and keeps the damaged file', async () => {
    await runProgram(workspace, ['tiny.yaml', '--jobs', '1']);
    const executed = workspace.stages();
    const trial = `runs/tiny/trials/${workspace.executed()[0]}`;
    const result = workspace.read(`${trial}/result.json`);
    writeFileSync(join(workspace.folder, trial, 'result.json'), '{');
    const { code, stderr } = await runProgram(workspace, ['tiny.yaml']);
    expect([code, workspace.stages()]).toEqual([0, executed]);
    expect(stderr).toContain('result.json.damaged-1: its checksum does not fit');
    expect(workspace.read(`${trial}/result.json.damaged-1`)).toBe('{');
    expect(workspace.read(`${trial}/result.json`)).toBe(result);
  });

  it('executes only what --only matches', async () => {
    const { code } = await runProgram(workspace, ['tiny.yaml', '--only', '*-160*/seed-0']);
    expect([code, completed()]).toEqual([0, [0, 1]]);
    await runProgram(workspace, ['tiny.yaml', '--only', 'seed-1']);
    expect(completed()).toEqual([1, 2]);
  });

  it('prints the results and nothing else with --json', async () => {
    const { stdout } = await runProgram(workspace, ['tiny.yaml', '--json']);
    expect(JSON.parse(stdout)).toEqual(results());
  });

  it('is silent with --quiet', async () => {
    expect(await runProgram(workspace, ['tiny.yaml', '--quiet'])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });
});

describe('when runs fail', () => {
  it('goes on, marks the cell, lists the failure twice and exits with 1', async () => {
    const { code, stdout, stderr } = await runProgram(workspace, ['tiny.yaml'], 'nan', '160.*seed-1');
    expect([code, completed()]).toEqual([1, [2, 1]]);
    expect(stdout).toContain('(1/2)');
    expect(stderr.match(/failed .*160.*seed-1: nan: Expected a finite loss at iteration 17/g)).toHaveLength(
      2,
    );
    expect(results().cells[1]!.failed).toEqual([
      { seed: 1, kind: 'nan', message: 'Expected a finite loss at iteration 17, got `NaN`' },
    ]);
    expect(workspace.read('runs/tiny/tables/accuracy.md')).toContain('Failed runs:');
  });

  it('tries a failed run again the next time', async () => {
    await runProgram(workspace, ['tiny.yaml'], 'vanish', '160.*seed-1');
    expect(workspace.executed()).toHaveLength(3);
    const { code } = await runProgram(workspace, ['tiny.yaml']);
    expect([code, workspace.executed().length]).toEqual([0, 4]);
  });

  it('shows the last words of a crash', async () => {
    const { stderr } = await runProgram(workspace, ['tiny.yaml'], 'crash', '160.*seed-1');
    expect(stderr).toContain(
      'engine: The worker crashed in native code (SIGABRT)\n  | engine: assertion failed',
    );
  });

  it('shows where a bug was noticed', async () => {
    const { stderr } = await runProgram(workspace, ['tiny.yaml'], 'bug', '160.*seed-1');
    expect(stderr).toMatch(/bug: undefined is not a kernel\n {2}\| TypeError: .*\n {2}\| +at .*bug\.js/);
  });

  it('stops after three identical failures and says why', async () => {
    const args = ['tiny.yaml', '--jobs', '1', '--repeats', '4'];
    const { code, stderr } = await runProgram(workspace, args, 'vanish');
    expect(code).toBe(1);
    // The target is measured before them: a stage that works.
    expect(stderr.match(/^failed /gm)).toHaveLength(6);
    expect(stderr).toContain('stopping  3 stages in a row failed alike');
    expect(completed()).toEqual([0, 0]);
  });

  it('still prints JSON when nothing is complete', async () => {
    const { stdout } = await runProgram(workspace, ['tiny.yaml', '--json'], 'bug');
    expect((JSON.parse(stdout) as Results).cells[0]!.failed[0]!.kind).toBe('bug');
  });
});

describe('Ctrl-C', () => {
  it('keeps finished runs, writes the tables, exits with 130, and the next call goes on', async () => {
    const args = ['tiny.yaml', '--jobs', '1'];
    const { code, stdout } = await interruptProgram(
      workspace,
      args,
      ['hang', 'seed-1'],
      [/started .*seed-1/],
    );
    expect([code, completed()]).toEqual([130, [1, 1]]);
    expect(stdout).toContain('35.00 (1/2)');
    expect(results().cells.flatMap(({ failed }) => failed)).toEqual([]);
    const next = await runProgram(workspace, args);
    expect([next.code, workspace.executed().length, completed()]).toEqual([0, 4, [2, 2]]);
  });

  it('leaves no failure of an earlier attempt as that of the last one', async () => {
    const why = async () => (await runProgram(workspace, ['plan', 'tiny.yaml'])).stdout;
    await runProgram(workspace, ['tiny.yaml'], 'nan');
    expect(await why()).toMatch(/phase .* 4 {2}failed the last time/);
    const args = ['tiny.yaml', '--jobs', '1'];
    await interruptProgram(workspace, args, ['hang', 'seed-0'], [/started .*seed-0/]);
    expect(await why()).toContain('3 failed the last time');
  });

  it('twice ends at once even workers that do not listen', async () => {
    const signalsAt = [/started .*seed-1/, /stopping {2}interrupted;/];
    const { code, stderr } = await interruptProgram(
      workspace,
      ['tiny.yaml'],
      ['ignores-sigterm', 'seed-1'],
      signalsAt,
    );
    expect(code).toBe(130);
    expect(stderr).toContain('stopping  ending all runs at once');
    expect(completed()).toEqual([1, 1]);
  });
});

describe('a call that cannot work', () => {
  it('says that a spec is wrong and exits with 2', async () => {
    writeFileSync(join(workspace.folder, 'wrong.yaml'), tinySpec.replace('hidden', 'hiden'));
    const { code, stderr } = await runProgram(workspace, ['tiny.yaml', 'wrong.yaml']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/wrong\.yaml:7:\d+/);
    expect(existsSync(join(workspace.folder, 'runs'))).toBe(false);
  });

  it('refuses two specs of one name', async () => {
    writeFileSync(join(workspace.folder, 'again.yaml'), tinySpec);
    const { code, stderr } = await runProgram(workspace, ['tiny.yaml', 'again.yaml']);
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('Expected specs of different names, got `tiny`'),
    ]);
  });

  it('refuses --only that matches nothing', async () => {
    const { code, stderr } = await runProgram(workspace, ['tiny.yaml', '--only', '170']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('Expected --only to match a run, got `170`')]);
  });

  it('exits with 3 before anything runs where the folder cannot be written', async () => {
    writeFileSync(join(workspace.folder, 'runs'), 'a file');
    const { code, stderr } = await runProgram(workspace, ['tiny.yaml']);
    expect([code, workspace.executed()]).toEqual([3, []]);
    expect(stderr).toMatch(/Expected .*runs\/tiny\/spec.yaml to be writable, got `/);
  });

  // A folder that takes no files, also from root.
  it
    .skipIf(process.platform !== 'linux')
    .each(['runs/.store', 'runs/.store/work', 'runs/.store/locks', 'runs/tiny/trials', 'runs/tiny/tables'])(
    'exits with 3 before anything runs where %s cannot be written',
    async place => {
      mkdirSync(dirname(join(workspace.folder, place)), { recursive: true });
      symlinkSync('/proc', join(workspace.folder, place));
      const { code, stderr } = await runProgram(workspace, ['tiny.yaml']);
      expect([code, workspace.stages()]).toEqual([3, []]);
      expect(stderr).toMatch(
        new RegExp(`^nern-sweep: Expected .*/${place} to be writable, got \`ENOENT\``, 'm'),
      );
    },
  );

  // Root may write everywhere.
  it.skipIf(process.getuid?.() === 0)('exits with 3 where permission is missing', async () => {
    chmodSync(workspace.folder, 0o500);
    const { code } = await runProgram(workspace, ['tiny.yaml']);
    chmodSync(workspace.folder, 0o700);
    expect(code).toBe(3);
  });
});

describe('other commands', () => {
  it('validate counts and runs nothing', async () => {
    const { code, stdout } = await runProgram(workspace, ['validate', 'tiny.yaml', '--repeats', '5']);
    expect([code, stdout]).toEqual([0, 'tiny.yaml: valid, 2 cells x 5 seeds = 10 runs\n']);
    expect(existsSync(join(workspace.folder, 'runs'))).toBe(false);
  });

  it('--help and --version answer', async () => {
    expect((await runProgram(workspace, ['--help'])).stdout).toContain('Usage: nern-sweep');
    expect((await runProgram(workspace, ['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
