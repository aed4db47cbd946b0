import { resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { EngineName } from '../../src/catalogue/engines.ts';
import { probe } from '../../src/devices/probe.ts';

afterEach(() => {
  delete process.env.NERN_SWEEP_PROBE;
  delete process.env.PROBE_ENDS;
});

/** Probes with the stand-in of fixtures/probe.js. */
function probeThatEnds(how: string, name: EngineName = 'onnx:webgpu', device = 0) {
  process.env.NERN_SWEEP_PROBE = resolve('test/devices/fixtures/probe.js');
  process.env.PROBE_ENDS = how;
  return probe({ name, threads: 1, device }, 'choose', { limit: how.startsWith('never') ? 1.5 : 30 });
}

const passed = { engine: 'onnx:webgpu', index: 0, verdict: 'passed', stepMilliseconds: 12 };
const device = { name: 'Graphics 1', kind: 'gpu' };

describe('a probe that ends', () => {
  it.each<[string, object]>([
    ['well', passed],
    ['well, but for its exit', passed],
    [
      'by a crash in the driver',
      { verdict: 'broken', device, reason: expect.stringMatching(/SIGABRT.*vulkan: device lost/s) },
    ],
    [
      'by a crash before a word',
      { verdict: 'broken', reason: 'Expected the probe to end in good order, got `exit code 7`' },
    ],
    [
      'never in its self-test',
      { verdict: 'broken', device, reason: 'Expected an answer within 1.5 s, got none from its self-test' },
    ],
    [
      'never in a step',
      { verdict: 'passed', device, reason: 'Expected a step or two within 1.5 s, got fewer' },
    ],
  ])('%s', async (how, finding) => {
    expect(await probeThatEnds(how)).toMatchObject(finding);
  });

  it('by what it was asked: it sees one GPU, under the number 0', async () => {
    const { reason, index } = await probeThatEnds('by what it was asked', 'onnx:cuda', 1);
    expect(index).toBe(1);
    expect(JSON.parse(reason!)).toEqual({
      order: { name: 'onnx:cuda', threads: 1, device: 0 },
      thoroughness: 'choose',
      CUDA_VISIBLE_DEVICES: '1',
    });
  });
});
