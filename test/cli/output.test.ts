import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Results } from '../../src/report/results.ts';
import { type Ended, makeWorkspace, runProgram, type Workspace } from './program.ts';

const main = resolve('dist/cli/main.js');

let workspace: Workspace;
beforeEach(() => {
  workspace = makeWorkspace();
});
afterEach(() => rmSync(workspace.folder, { recursive: true }));

const completed = () =>
  (JSON.parse(workspace.read('runs/tiny/results.json')) as Results).cells.map(one => one.completed);

/** What becomes of the program in a shell, where `nern-sweep` is it. */
function inShell(command: string, worker = 'ok') {
  return new Promise<Ended>(done => {
    const defined = `nern-sweep() { "${process.execPath}" "${main}" "$@"; }; ${command}`;
    const options = { cwd: workspace.folder, env: workspace.environment(worker) };
    execFile('bash', ['-c', defined], options, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : ((error.code as unknown as number) ?? null), stdout, stderr }),
    );
  });
}

const full =
  'nern-sweep: Expected stdout to take all that is printed, got `ENOSPC`\n  What was computed is kept: make room, and the same command prints it again.\n';

describe.skipIf(process.platform !== 'linux')('output that cannot be written', () => {
  it('keeps no run from being done where it is that of messages', async () => {
    const { code, stdout } = await inShell('nern-sweep tiny.yaml 2> /dev/full');
    expect([code, completed()]).toEqual([0, [2, 2]]);
    expect(stdout).toContain('Results: runs/tiny/results.json');
  });

  it('is told in one sentence where it is that of results, after all runs', async () => {
    writeFileSync(join(workspace.folder, 'other.yaml'), workspace.read('tiny.yaml').replace('tiny', 'other'));
    const { code, stderr } = await inShell('nern-sweep tiny.yaml other.yaml > /dev/full');
    expect([code, completed()]).toEqual([3, [2, 2]]);
    expect(stderr).toContain('other: 4 of 4 runs complete');
    expect(stderr.endsWith(full)).toBe(true);
    expect(stderr.split('nern-sweep:')).toHaveLength(2);
  });

  it.each(['--help', '--version', 'plan tiny.yaml', 'validate tiny.yaml', 'gc'])(
    'of `%s` is told too',
    async args => {
      expect(await inShell(`nern-sweep ${args} > /dev/full`)).toMatchObject({ code: 3, stderr: full });
    },
  );

  it('is not taken for written where a part of it was', async () => {
    const { code, stderr } = await inShell('ulimit -f 1; nern-sweep --help > help.txt');
    expect([code, stderr]).toEqual([3, full.replace('ENOSPC', 'EFBIG')]);
    expect(workspace.read('help.txt')).toHaveLength(1024);
  });

  it('is of no interest to a reader that has gone', async () => {
    const { code, stderr } = await inShell('set -o pipefail; nern-sweep --help | true');
    expect([code, stderr]).toEqual([0, '']);
  });
});

describe.skipIf(process.platform === 'win32')('a terminal that is closed', () => {
  /** The program in a session of its own, waiting for a file in the middle of its runs. */
  async function waiting(stdio: 'pipe'): Promise<{ program: ChildProcess; open: () => void }> {
    const gate = join(workspace.folder, 'gate');
    const env = { ...workspace.environment('waits-for-gate', 'seed-0'), FAKE_GATE: gate };
    const program = spawn(process.execPath, [main, 'tiny.yaml'], {
      ...{ cwd: workspace.folder, env, detached: true },
      stdio,
    });
    let told = '';
    await new Promise<void>(begun => {
      program.stderr!.on('data', chunk => {
        told += chunk;
        if (told.includes('started')) begun();
      });
    });
    return { program, open: () => writeFileSync(gate, '') };
  }

  it('ends neither the sweep nor its workers', async () => {
    const { program, open } = await waiting('pipe');
    // As the system tells it: every process of the group.
    process.kill(-program.pid!, 'SIGHUP');
    program.stderr!.destroy();
    open();
    expect(await once(program, 'close')).toEqual([0, null]);
    expect(completed()).toEqual([2, 2]);
  });
});

/** A terminal of Python's making that shows what it is given until a text appears, and is then closed. */
const closing = `
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
seen = b''
while sys.argv[1].encode() not in seen:
    seen += os.read(terminal, 4096)
os.close(terminal)
open('gate', 'w').close()
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
const hasPython = spawnSync('python3', ['-c', 'import pty, os; os.waitstatus_to_exitcode']).status === 0;

it.skipIf(!hasPython)('a real terminal that is closed takes the display with it and no run', async () => {
  const env = { ...workspace.environment('waits-for-gate', 'seed-0'), TERM: 'xterm', FAKE_GATE: 'gate' };
  const args = ['-c', closing, 'seed-0', process.execPath, main, 'tiny.yaml'];
  const python = spawn('python3', args, { cwd: workspace.folder, env });
  let code = '';
  python.stdout.on('data', chunk => {
    code += chunk;
  });
  await once(python, 'close');
  expect([code.trim(), completed()]).toEqual(['0', [2, 2]]);
});

describe('what the program needs', () => {
  it('is told before anything is loaded that older versions of Node.js cannot read', async () => {
    const young = JSON.parse(readFileSync('package.json', 'utf8')).engines.node.replace('>=', '');
    const entry = readFileSync(main, 'utf8');
    expect(entry).not.toMatch(/^\s*import\s/m);
    expect(entry).toContain(`[${young.replace('.', ', ')}]`);
    // A version that this Node.js pretends to be.
    const pretend = `Object.defineProperty(process.versions, 'node', { value: '18.20.8' }); import('${main}')`;
    const told = spawnSync(process.execPath, ['-e', pretend], { encoding: 'utf8' });
    expect([told.status, told.stdout]).toEqual([3, '']);
    expect(told.stderr).toBe(
      `nern-sweep: Expected Node.js ${young} or newer, got \`18.20.8\`\n  It is ${process.execPath}; https://nodejs.org has newer ones.\n`,
    );
  });

  it.skipIf(process.platform !== 'linux')('are more open files than a tiny limit allows', async () => {
    for (const limit of [20, 32, 48]) {
      const { code, stderr } = await inShell(`ulimit -n ${limit}; nern-sweep tiny.yaml`);
      expect([limit, code]).toEqual([limit, 3]);
      expect(stderr).toMatch(/^nern-sweep: Expected .*\n.*`ulimit -n 1024`.*\n$/);
    }
  });

  it.skipIf(process.platform !== 'linux')('are more addresses than a tiny limit allows', async () => {
    const { code, stderr } = await inShell('ulimit -v 3000000; nern-sweep tiny.yaml');
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(
        /^nern-sweep: Expected the system to give memory, got `.*Wasm memory.*`\n.*ulimit -v/,
      ),
    ]);
  });
});

it('a run that lacks nothing but what the machine denies ends with 3', async () => {
  expect((await runProgram(workspace, ['tiny.yaml'], 'denied')).code).toBe(3);
});
