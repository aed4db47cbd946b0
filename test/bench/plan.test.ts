import { describe, expect, it } from 'vitest';
import { caseArguments, readCase } from '../../bench/gpu/cases.ts';
import { fastest, firstMeasurements, lastMeasurements, packing } from '../../bench/gpu/plan.ts';
import type { TimingEntry } from '../../bench/gpu/result.ts';
import { timing } from './timing.ts';

const full256 = { work: 'full', depth: 20, images: 256 } as const;

const measured = (name: string, perSecond: number): TimingEntry => ({
  ...{ name, case: full256, processes: 1, outcome: 'measured' },
  ...timing({ perSecond }),
});

describe('the plan', () => {
  it('packs the engine of a GPU that is fastest at a full step, and PyTorch', () => {
    const times = [
      measured('onnx:webgpu', 20),
      measured('tfjs:webgpu', 30),
      measured('onnx:cpu', 90),
      measured('torch:eager', 80),
    ];
    expect(fastest(times)).toBe('tfjs:webgpu');
    const curve = packing(times);
    expect(new Set(curve.map(({ name }) => name))).toEqual(new Set(['tfjs:webgpu', 'torch:eager']));
    expect(new Set(curve.map(({ processes }) => processes))).toEqual(new Set([2, 4, 8, 16]));
  });

  it('packs none of ours where none ran on a GPU', () => {
    const failed: TimingEntry = {
      ...{ name: 'onnx:webgpu', case: full256, processes: 1 },
      ...{ outcome: 'failed', reason: 'lost' },
    };
    expect(fastest([failed, measured('onnx:cpu', 90)])).toBeUndefined();
    expect(packing([failed]).every(({ name }) => name === 'torch:eager')).toBe(true);
  });

  it('measures nothing twice', () => {
    const all = [...firstMeasurements, ...lastMeasurements].map(one => JSON.stringify(one));
    expect(new Set(all).size).toBe(all.length);
  });

  it('hands cases to other processes as words', () => {
    for (const { case: what } of firstMeasurements) expect(readCase(caseArguments(what))).toEqual(what);
    expect(() => readCase(['eval', '20', '1'])).toThrow('reconstruction, full or inference, got `eval`');
  });
});
