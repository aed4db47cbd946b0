import { describe, expect, it } from 'vitest';
import { selfTestError } from '../../src/devices/self-test.ts';
import { openEngine } from '../../src/engine/open.ts';
import type { Engine, Executable, Feeds } from '../../src/graph/program.ts';

const right = await openEngine({ name: 'onnx:cpu', threads: 1, device: 0 });

/** The right engine, but for what is done to the results of each step. */
const disturbed = (disturb: (results: Awaited<ReturnType<Executable['run']>>) => void): Engine => ({
  ...right,
  compile: async program => {
    const executable = await right.compile(program);
    const run = async (feeds: Feeds) => {
      const results = await executable.run(feeds);
      disturb(results);
      return results;
    };
    return { ...executable, run };
  },
});

describe('the self-test', () => {
  it("knows PyTorch's values, which ONNX Runtime's are up to rounding", async () => {
    expect(await selfTestError(right)).toBeLessThan(2e-5);
  });

  it('sees one parameter of thousands that is wrong', async () => {
    const error = await selfTestError(disturbed(({ parameters }) => (parameters!.data[1234]! += 1e-2)));
    expect(error).toBeGreaterThan(1e-2);
    expect(error).toBeLessThan(1);
  });

  it.each(['kd', 'fmd', 'reconstruction'])('sees a wrong %s', async name => {
    const error = await selfTestError(disturbed(results => (results[name]!.data[0]! *= 1.01)));
    expect(error).toBeCloseTo(0.01, 3);
  });

  it('takes what is not a number for an infinite error', async () => {
    expect(await selfTestError(disturbed(({ parameters }) => parameters!.data.fill(Number.NaN)))).toBe(
      Number.POSITIVE_INFINITY,
    );
  });
});
