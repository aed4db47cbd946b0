import { describe, expect, it } from 'vitest';
import { caseArguments, readCase } from '../../bench/gpu/cases.ts';
import { fastest, firstMeasurements, lastMeasurements, packing, whyNot } from '../../bench/gpu/plan.ts';
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

  it('gives up an engine that failed twice in a row, not one that had no time', () => {
    const next = { name: 'onnx:webgpu', case: full256, processes: 1 };
    const failed: TimingEntry = { ...next, outcome: 'failed', reason: 'lost' };
    const untried: TimingEntry = { ...next, outcome: 'left out', reason: 'No time was left' };
    expect(whyNot(next, [], [failed])).toBeUndefined();
    expect(whyNot(next, [], [failed, failed])).toBe('It failed twice in a row');
    expect(
      whyNot(next, [{ name: 'onnx:webgpu', outcome: 'failed', reason: 'wrong' }], [failed]),
    ).toBeDefined();
    expect(whyNot(next, [], [failed, measured('onnx:webgpu', 1), failed])).toBeUndefined();
    expect(whyNot(next, [], [untried, untried])).toBeUndefined();
    expect(whyNot({ ...next, name: 'tfjs:webgpu' }, [], [failed, failed])).toBeUndefined();
  });

  it('packs no more where fewer failed, and goes on with other cases', () => {
    const four: TimingEntry = {
      ...{ name: 'onnx:webgpu', case: full256, processes: 4 },
      ...{ outcome: 'failed', reason: 'out of memory' },
    };
    const times = [measured('onnx:webgpu', 1), four];
    expect(whyNot({ ...four, processes: 8 }, [], times)).toBe('Fewer processes failed already');
    expect(whyNot({ ...four, processes: 2 }, [], times)).toBeUndefined();
    expect(whyNot({ ...four, case: { ...full256, images: 32 }, processes: 8 }, [], times)).toBeUndefined();
  });

  it('does not time what is no GPU', () => {
    const engine = { versions: {}, device: { name: 'llvmpipe', kind: 'software' } } as const;
    const size = { depth: 8, images: 4, steps: 10 };
    const errors = { losses: 0, parameters: 0, change: 0 };
    const parity = { name: 'onnx:webgpu', outcome: 'measured', engine, ...size, ...errors } as const;
    expect(whyNot({ name: 'onnx:webgpu', case: full256, processes: 1 }, [parity], [])).toMatch('software');
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
