import { spawnSync } from 'node:child_process';
import { execPath } from 'node:process';
import { describe, expect, it } from 'vitest';
import { runTogether } from '../../bench/gpu/processes.ts';

const ours = [execPath, '--import', 'tsx', 'bench/gpu/subject.ts'] as const;
const python = process.env.NERN_SWEEP_PEER_PYTHON ?? 'python3';
const hasTorch = spawnSync(python, ['-c', 'import torch']).status === 0;
const limits = { processes: 1, limitSeconds: 50 };

const cases = [
  ['reconstruction', '8', '0'],
  ['full', '8', '2'],
  ['inference', '8', '2'],
];

describe('a subject', () => {
  it.each(cases)('times a repeat: %s of ResNet%s, %s images', async (...what) => {
    const ended = await runTogether([...ours, 'time', 'onnx:cpu', '0.05', ...what], limits);
    expect(ended).toMatchObject({
      outcome: 'measured',
      runs: [{ engine: { device: { kind: 'cpu' } }, measured: { perSecond: expect.any(Number) } }],
    });
  });

  it.skipIf(!hasTorch)('has a peer in PyTorch', async () => {
    const what = ['eager', '0.05', 'full', '8', '2', '--device', 'cpu'];
    const ended = await runTogether([python, 'bench/gpu/torch_gpu.py', ...what], limits);
    expect(ended).toMatchObject({
      outcome: 'measured',
      runs: [{ engine: { device: { kind: 'cpu' } }, measured: { perSecond: expect.any(Number) } }],
    });
  });
});
