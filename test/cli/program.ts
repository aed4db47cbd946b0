import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { newFolder } from '../support/files.ts';

const main = resolve('dist/cli/main.js');
const realWorker = resolve('dist/execute/worker.js');

/** A sweep of two cells with two seeds that the stand-in workers finish at once. */
export const tinySpec = `
name: tiny
target: { network: resnet8, dataset: procedural, weights: embedded }
iterations: 20
repeats: 2
matrix:
  predictor.hidden: [140, 160]
  permutation: [in-filter]
report: { rows: predictor.hidden, columns: permutation, metric: accuracy }
`;

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

interface ExecutedStage {
  kind: string;
  key: string;
  name: string;
}

/** A new folder with a spec in it. */
export function makeWorkspace(spec = tinySpec) {
  const folder = newFolder();
  writeFileSync(join(folder, 'tiny.yaml'), spec);
  const executedFile = join(folder, 'executed.txt');
  return {
    folder,
    /** The environment in which the program uses a stand-in of test/execute/fixtures/workers, or the real worker. */
    environment: (worker: string, only = '') => ({
      // A Vulkan driver of this machine is nothing that a test expects, and what is found out here is nobody's.
      VK_DRIVER_FILES: join(folder, 'none'),
      NERN_SWEEP_CACHE: join(folder, 'cache'),
      ...process.env,
      NO_COLOR: '1',
      NERN_SWEEP_DATA: join(folder, 'data'),
      NERN_SWEEP_WORKER:
        worker === 'real' ? realWorker : resolve('test/execute/fixtures/workers', `${worker}.js`),
      FAKE_ONLY: only,
      FAKE_LOG: executedFile,
    }),
    /** The stages that stand-ins executed so far, in the order in which they were begun. */
    stages: (): ExecutedStage[] => {
      const lines = existsSync(executedFile) ? readFileSync(executedFile, 'utf8').trim().split('\n') : [];
      return lines.map(line => {
        const [kind, key, name] = line.split('\t') as [string, string, string];
        return { kind, key, name };
      });
    },
    /** Of these the phases; a run with one phase is called as it is. */
    executed(): string[] {
      return this.stages().flatMap(({ kind, name }) => (kind === 'phase' ? [name] : []));
    },
    read: (path: string) => readFileSync(join(folder, path), 'utf8'),
  };
}

export type Workspace = ReturnType<typeof makeWorkspace>;

/** Runs the built program in the workspace to its end. */
export function runProgram({ folder, environment }: Workspace, args: string[], worker = 'ok', only = '') {
  return new Promise<Ended>(done => {
    const options = { cwd: folder, env: environment(worker, only) };
    execFile(process.execPath, [main, ...args], options, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : ((error.code as unknown as number) ?? null), stdout, stderr }),
    );
  });
}

/** Runs the program and sends it a signal each time its output shows the next of the texts. */
export function interruptProgram(
  { folder, environment }: Workspace,
  args: string[],
  [worker, only]: [worker: string, only: string],
  signalsAt: readonly RegExp[],
) {
  return new Promise<Ended>(done => {
    const child = spawn(process.execPath, [main, ...args], { cwd: folder, env: environment(worker, only) });
    const output = { stdout: '', stderr: '' };
    let sent = 0;
    child.stdout.on('data', chunk => {
      output.stdout += chunk;
    });
    child.stderr.on('data', chunk => {
      output.stderr += chunk;
      if (signalsAt[sent]?.test(output.stderr)) {
        sent++;
        child.kill('SIGINT');
      }
    });
    child.on('close', code => done({ code, ...output }));
  });
}
