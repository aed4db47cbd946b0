import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { renderExamination } from '../../src/cli/examination.ts';
import type { Results } from '../../src/report/results.ts';
import { makeWorkspace, runProgram, type Workspace } from './program.ts';

let workspace: Workspace;
beforeEach(() => {
  workspace = makeWorkspace();
  process.env.NERN_SWEEP_CACHE = resolve(workspace.folder, 'cache');
  process.env.NERN_SWEEP_PROBE = resolve('test/devices/fixtures/probe.js');
  // No driver of the machine is to be found.
  process.env.VK_DRIVER_FILES = resolve(workspace.folder, 'none.json');
});
afterEach(() => {
  for (const name of ['NERN_SWEEP_CACHE', 'NERN_SWEEP_PROBE', 'VK_DRIVER_FILES', 'PROBE_ENDS'])
    delete process.env[name];
  rmSync(workspace.folder, { recursive: true });
});

const sweepOn = (device: string, probe = 'well') => {
  process.env.PROBE_ENDS = probe;
  return runProgram(workspace, ['tiny.yaml', '--device', device]);
};

describe('--device', () => {
  it.each([
    ['gpu', 'Expected a known device, got `gpu`', 'Did you mean `cpu`?'],
    ['tfjs:wams', 'Expected a known device, got `tfjs:wams`', 'Did you mean `tfjs:wasm`?'],
    ['quantum-computer', 'Expected a known device, got `quantum-computer`', 'Known are auto, cpu,'],
  ])('refuses the name %s before anything runs', async (name, message, hint) => {
    const { code, stderr } = await sweepOn(name);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`nern-sweep: ${message}\n  ${hint}`)]);
  });

  it('refuses a device that is broken, with what was found, and runs nothing', async () => {
    const { code, stderr } = await sweepOn('webgpu', 'by a crash before a word');
    expect([code, workspace.executed()]).toEqual([3, []]);
    expect(stderr).toContain(
      'nern-sweep: Expected `onnx:webgpu` to be usable, found it broken: Expected the probe to end in good order, got `exit code 7`\n' +
        '  `nern-sweep doctor` shows what can be used instead.\n',
    );
  });

  it('runs on what it names, in the place of what the spec names', async () => {
    const { code, stderr } = await sweepOn('tfjs:webgpu');
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('4 of 4 runs to do on tfjs:webgpu, 1 at a time'),
    ]);
    const again = await runProgram(workspace, ['tiny.yaml', '--device', 'cpu']);
    expect(again.stderr).toContain('nothing to do for 4 runs');
  });

  it('leaves nothing behind when it is interrupted while engines are looked at', async () => {
    process.env.PROBE_ENDS = 'never in its self-test';
    process.env.VK_DRIVER_FILES = resolve('test/devices/fixtures/probe.js');
    const main = resolve('dist/cli/main.js');
    const options = { cwd: workspace.folder, env: workspace.environment('ok') };
    const program = spawn(process.execPath, [main, 'tiny.yaml'], options);
    program.stderr.once('data', () => program.kill('SIGINT'));
    expect(await once(program, 'exit')).toEqual([130, null]);
    expect([existsSync(process.env.NERN_SWEEP_CACHE!), workspace.executed()]).toEqual([false, []]);
  });

  it('is the spec that asks where the command line does not', async () => {
    process.env.PROBE_ENDS = 'well';
    const { stderr } = await runProgram(workspace, ['tiny.yaml', '--set', 'device=tfjs:wasm']);
    expect(stderr).toContain('runs to do on tfjs:wasm');
    const wrong = await runProgram(workspace, ['tiny.yaml', '--set', 'device=tfjs:wams']);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('did you mean `tfjs:wasm`?')]);
  });

  it('takes the CPU by itself where no driver of a GPU is there, and keeps the cells their names', async () => {
    const { stderr } = await runProgram(workspace, ['tiny.yaml']);
    expect(stderr).toContain('runs to do on onnx:cpu, 2 at a time');
    const asked = await runProgram(workspace, ['tiny.yaml', '--set', 'device=cpu', '--out', 'asked']);
    expect(asked.code).toBe(0);
    const [own, named] = ['runs', 'asked'].map(out => {
      const { cells } = JSON.parse(workspace.read(`${out}/tiny/results.json`)) as Results;
      return cells.map(({ id }) => id);
    });
    expect(own).toHaveLength(2);
    expect(own).toEqual(named);
  });

  it('counts a result that is there, whatever became of its worker', async () => {
    const { code, stderr } = await runProgram(workspace, ['tiny.yaml'], 'gone-before-a-word');
    expect([code, stderr.match(/^finished /gm)?.length]).toEqual([0, 4]);
  });
});

describe('doctor', () => {
  it('gives everything as JSON, by its schema, and 0 where something is usable', async () => {
    process.env.PROBE_ENDS = 'well';
    const { code, stdout } = await runProgram(workspace, ['doctor', '--json']);
    const found = JSON.parse(stdout);
    const check = new Ajv2020().compile(JSON.parse(readFileSync('schema/doctor.schema.json', 'utf8')));
    expect([check(found), check.errors]).toEqual([true, null]);
    expect([code, found.usable, found.engines.length]).toEqual([0, true, 8]);
  });

  it('outlives drivers that crash, and ends with 3 where nothing is usable', async () => {
    process.env.PROBE_ENDS = 'by a crash in the driver';
    const { code, stdout } = await runProgram(workspace, ['doctor', '--device', 'webgpu']);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^onnx:webgpu {2}broken {2}Graphics 1 /m);
    expect(stdout).toContain('Nothing here can compute a sweep.');
  });

  it('takes no further words', async () => {
    const { code, stderr } = await runProgram(workspace, ['doctor', 'tiny.yaml']);
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('Expected nothing after `doctor`, got `tiny.yaml`'),
    ]);
  });
});

it('the table of doctor', () => {
  const machine = { version: '1.0.0', node: 'v20.20.2', platform: 'linux-x64', cpu: 'Processor', cores: 8 };
  const text = renderExamination(
    machine,
    {
      recommended: 'onnx:cuda',
      usable: true,
      findings: [
        {
          ...{ engine: 'onnx:cpu', index: 0, verdict: 'passed', device: { name: 'Processor', kind: 'cpu' } },
          ...{ selfTestError: 5.7e-6, tolerance: 1e-4, stepMilliseconds: 123.4 },
        },
        {
          ...{ engine: 'onnx:webgpu', index: 0, verdict: 'passed' },
          device: { name: 'llvmpipe', kind: 'software', driver: 'Mesa 25' },
          ...{ selfTestError: 7e-6, tolerance: 1e-3, stepMilliseconds: 10_450 },
        },
        {
          ...{ engine: 'onnx:cuda', index: 1, verdict: 'passed' },
          device: { name: 'H200', kind: 'gpu', driver: '580', memoryMiB: 143_771 },
          ...{ selfTestError: 7e-6, tolerance: 1e-3, stepMilliseconds: 4.25 },
        },
        {
          ...{ engine: 'tfjs:wasm', index: 0, verdict: 'absent' },
          ...{ reason: 'The package is not there', hint: 'Install it.' },
        },
      ],
    },
    { width: 100, colour: false },
  );
  expect(text).toMatchInlineSnapshot(`
    "nern-sweep 1.0.0, Node v20.20.2, linux-x64, Processor with 8 cores

    engine                 device               memory  self-test    step
    ───────────  ────────  ──────────────────  ───────  ─────────  ──────
    onnx:cpu     usable    Processor                 -       6e-6  123 ms
    onnx:webgpu  software  llvmpipe (Mesa 25)        -       7e-6  10.4 s
    onnx:cuda:1  usable    H200 (580)          140 GiB       7e-6  4.3 ms
    tfjs:wasm    absent    -                         -          -       -

    self-test: largest relative error; step: median time of a training step of ResNet20, hidden size
    160, 4,096 kernels, 32 images

    onnx:webgpu     llvmpipe is no GPU: it computes on the CPU; only \`--device onnx:webgpu\` takes it
    tfjs:wasm       The package is not there. Install it.

    onnx:cuda is what \`--device auto\` takes.
    "
  `);
});
