import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { GpuReport, TimingEntry } from '../../bench/gpu/result.ts';
import { gpuSection } from '../../bench/gpu/tables.ts';
import { timing } from './timing.ts';

const full256 = { work: 'full', depth: 20, images: 256 } as const;
const inference = { work: 'inference', depth: 20, images: 256 } as const;

const measured = (
  name: string,
  what: TimingEntry['case'],
  perSecond: number,
  processes = 1,
): TimingEntry => ({ ...{ name, case: what, processes, outcome: 'measured' }, ...timing({ perSecond }) });

const report: GpuReport = {
  schemaVersion: 1,
  date: '2026-11-21T20:00:00.000Z',
  seconds: 500,
  machine: {
    processor: 'Test CPU',
    cores: 16,
    memoryMiB: 131072,
    system: 'Linux 6.1',
    gpus: [{ name: 'Test GPU', driver: '580.1', memoryMiB: 143771 }],
  },
  versions: { node: 'v20.20.2', 'nern-sweep': '0.1.0' },
  doctor: [{ name: 'onnx:webgpu', outcome: 'measured', answer: {} }],
  parity: [
    {
      ...{ name: 'onnx:webgpu', outcome: 'measured', engine: timing({ perSecond: 1 }).engine },
      ...{ depth: 20, images: 32, steps: 10, losses: 1.25e-6, parameters: 2e-7, change: 4.3e-5 },
    },
    { name: 'onnx:cuda', outcome: 'absent', reason: 'The library is not there\nsecond line' },
  ],
  times: [
    measured('onnx:webgpu', full256, 40),
    measured('onnx:webgpu', inference, 400),
    measured('torch:eager', full256, 50),
    {
      ...{
        name: 'torch:eager',
        case: inference,
        processes: 1,
        outcome: 'failed',
        reason: 'RuntimeError: lost',
      },
    },
    measured('onnx:webgpu', full256, 70, 2),
    measured('torch:eager', full256, 55, 2),
    {
      ...{
        name: 'onnx:webgpu',
        case: full256,
        processes: 4,
        outcome: 'left out',
        reason: 'No time was left',
      },
    },
    measured('torch:compiled', full256, 100),
  ],
};

describe('the tables of a GPU', () => {
  it('show what was measured, and say why there is no figure', () => {
    expect(`${gpuSection(report)}\n`).toBe(readFileSync('test/bench/gpu-section.md', 'utf8'));
  });

  it('say that no GPU was measured, and nothing else, without one', () => {
    const nothing = 'GPU: not measured on a GPU yet.';
    expect(gpuSection(undefined)).toBe(nothing);
    const software = report.times.flatMap((time): TimingEntry[] =>
      time.outcome !== 'measured'
        ? []
        : [{ ...time, engine: { ...time.engine, device: { name: 'llvmpipe', kind: 'software' } } }],
    );
    expect(gpuSection({ ...report, times: software })).toBe(nothing);
    const peersAlone = report.times.filter(({ name }) => name.startsWith('torch:'));
    expect(gpuSection({ ...report, times: peersAlone })).toBe(nothing);
  });
});
