import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { gpuCandidates } from '../../src/devices/candidates.ts';
import type { Finding } from '../../src/devices/finding.ts';
import { pin } from '../../src/devices/pin.ts';
import { forgetVerdicts, readVerdicts } from '../../src/devices/verdicts.ts';
import { tensorFlowEnvironment } from '../../src/engine/tfjs/tensorflow.ts';
import { newFolder } from '../support/files.ts';

describe('which engines are worth a look', () => {
  it.each([
    [undefined, [], []],
    ['580', [], ['onnx:cuda', 'tfjs:node-gpu']],
    [undefined, ['/some/icd.json'], ['onnx:webgpu', 'tfjs:webgpu']],
  ])('driver of NVIDIA %s, graphics %j', (nvidia, graphics, engines) => {
    expect(gpuCandidates({ nvidia, graphics })).toEqual(engines);
  });
});

describe('CUDA_VISIBLE_DEVICES', () => {
  it('is narrowed to one of its entries for each process', () => {
    const order = { name: 'onnx:cuda', threads: 1, device: 1 } as const;
    const pinned = (visible: string | undefined) => pin(order, visible).environment.CUDA_VISIBLE_DEVICES;
    expect([pinned(undefined), pinned('4,6'), pinned('4')]).toEqual(['1', '6', '-1']);
    expect(pin(order, '4,6').order).toEqual({ ...order, device: 0 });
  });

  it('hides GPUs from a TensorFlow that is to use the CPU, with its share of the cores', () => {
    const environment = tensorFlowEnvironment(3, undefined, { CUDA_VISIBLE_DEVICES: '0,1' });
    expect(environment).toMatchObject({ CUDA_VISIBLE_DEVICES: '-1', TF_NUM_INTRAOP_THREADS: '3' });
  });

  it('is left alone for engines without CUDA', () => {
    expect(pin({ name: 'onnx:webgpu', threads: 1, device: 0 }, '0').environment).toEqual({});
  });
});

describe('verdicts', () => {
  const drivers = { nvidia: undefined, graphics: [] };
  const cuda: Finding = { engine: 'onnx:cuda', index: 0, verdict: 'passed' };
  const cpu: Finding = { engine: 'onnx:cpu', index: 0, verdict: 'passed' };
  let folder: string;
  beforeEach(() => {
    folder = newFolder();
    process.env.NERN_SWEEP_CACHE = folder;
  });
  afterEach(() => {
    delete process.env.NERN_SWEEP_CACHE;
  });

  it('are remembered, each over an older one of the same device', async () => {
    const verdicts = readVerdicts(drivers);
    expect(verdicts.findings).toEqual([]);
    await verdicts.remember([cuda]);
    await verdicts.remember([cpu]);
    await readVerdicts(drivers).remember([{ ...cuda, verdict: 'broken' }]);
    expect(readVerdicts(drivers).findings).toEqual([cpu, { ...cuda, verdict: 'broken' }]);
  });

  it('do not hold for other drivers', async () => {
    await readVerdicts(drivers).remember([cuda]);
    expect(readVerdicts({ ...drivers, nvidia: 'another' }).findings).toEqual([]);
  });

  it.each([
    ['passed', 6, 1],
    ['passed', 8, 0],
    ['broken', 0.9, 1],
    ['broken', 1.1, 0],
  ] as const)('%s: after %d days there is %i', async (verdict, days, count) => {
    vi.useFakeTimers({ toFake: ['Date'] });
    await readVerdicts(drivers).remember([{ ...cuda, verdict }]);
    vi.setSystemTime(Date.now() + days * 24 * 3600 * 1000);
    expect(readVerdicts(drivers).findings).toHaveLength(count);
    vi.useRealTimers();
  });

  it('do not hold when they are damaged', async () => {
    await readVerdicts(drivers).remember([cuda]);
    writeFileSync(join(folder, readdirSync(folder)[0]!), '{"findings":');
    expect(readVerdicts(drivers).findings).toEqual([]);
  });

  it('are forgotten when an engine is installed', async () => {
    await readVerdicts(drivers).remember([cuda]);
    await forgetVerdicts();
    expect(readVerdicts(drivers).findings).toEqual([]);
  });
});
