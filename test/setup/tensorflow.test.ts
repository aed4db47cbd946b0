import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AddonManifest } from '../../src/engine/tfjs/tensorflow-addon.ts';
import { newFolder } from '../support/files.ts';

/** A Python environment, wheel or folder with a TensorFlow, on machines that have one. */
const tensorflow = process.env.NERN_SWEEP_TENSORFLOW;

const program = resolve('dist/cli/main.js');
let engines: string;
const environment = () => ({ ...process.env, NERN_SWEEP_ENGINES: engines, NO_COLOR: '1' });

/** Not synchronously: the test runner wants to hear from its worker within a minute. */
const setup = (...args: string[]) =>
  new Promise<{ code: number; stdout: string; stderr: string }>(done => {
    const call = [program, 'setup', 'tensorflow', '--from', ...args];
    execFile(process.execPath, call, { env: environment() }, (error, stdout, stderr) =>
      done({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });

const manifest = () =>
  JSON.parse(readFileSync(join(engines, 'tensorflow', 'manifest.json'), 'utf8')) as AddonManifest;

/** Opens an engine in a process of its own and runs `body` there, which may use `engine` and prints. */
function open(name: string, threads: number, body: string, path = process.env.PATH): string {
  const module = pathToFileURL(resolve('dist/engine/open.js'));
  const script = `
    import { openEngine } from '${module}';
    try {
      const engine = await openEngine({ name: '${name}', threads: ${threads}, device: 0 });
      ${body}
    } catch (error) {
      console.log(error.kind, error.message);
    }`;
  return execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...environment(), PATH: path },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

describe.skipIf(tensorflow === undefined)('a TensorFlow of this machine', () => {
  beforeAll(async () => {
    engines = newFolder();
    const { code, stdout, stderr } = await setup(tensorflow!);
    if (code !== 0) throw new Error(stderr);
    expect(stdout).toMatch(/^TensorFlow 2\.\d+\.\d+ is linked/);
  }, 300_000);

  it('is linked in one folder, which says what it is', () => {
    const { addon, ...rest } = manifest();
    expect(rest).toMatchObject({ format: 1, source: resolve(tensorflow!), node: process.version });
    expect(existsSync(join(engines, 'tensorflow', addon))).toBe(true);
    expect(readdirSync(join(engines, 'tensorflow'))).toHaveLength(2);
  });

  it('is what tfjs:node computes with', () => {
    const told = JSON.parse(open('tfjs:node', 1, 'console.log(JSON.stringify(engine))')) as object;
    expect(told).toMatchObject({
      name: 'tfjs:node',
      versions: { tensorflow: manifest().tensorflow },
      device: { kind: 'cpu' },
    });
  });

  it('takes as many threads as it is given', () => {
    const count = "console.log((await import('node:fs')).readdirSync('/proc/self/task').length)";
    const [one, four] = [1, 4].map(threads => Number(open('tfjs:node', threads, count)));
    expect(four! - one!).toBeGreaterThanOrEqual(3);
  });

  it('is refused as tfjs:node-gpu when it computes on the CPU beside a GPU', () => {
    const folder = newFolder({ 'nvidia-smi': '#!/bin/sh\necho 0, GPU-1, Some GPU, 8192, 570.1\n' });
    chmodSync(join(folder, 'nvidia-smi'), 0o755);
    const path = `${folder}${delimiter}${process.env.PATH}`;
    const told = open('tfjs:node-gpu', 1, 'console.log(engine.device)', path);
    expect(told).toMatch(
      /^environment Expected TensorFlow .* to compute on the GPU `Some GPU`, but it fell back/,
    );
  });

  it('stays linked when another cannot be', async () => {
    const before = manifest();
    const broken = newFolder({
      'lib/libtensorflow_cc.so.2': 'no library',
      'lib/libtensorflow_framework.so.2': 'no library',
    });
    const { code, stderr } = await setup(broken, '--headers', tensorflow!);
    expect(code).toBe(3);
    expect(stderr).toMatch(/nern-sweep: Expected/);
    expect(manifest()).toEqual(before);
    expect(readdirSync(join(engines, 'tensorflow'))).toHaveLength(2);
  }, 300_000);
});
