import { expect, test } from 'vitest';
import { parity } from '../../bench/gpu/parity.ts';
import { openEngine } from '../../src/engine/open.ts';
import type { Engine } from '../../src/graph/program.ts';

const engine = await openEngine({ name: 'onnx:cpu', threads: 2, device: 0 });

/** What poses as a GPU is given little to compute. */
const small: Engine = { ...engine, device: { ...engine.device, kind: 'software' } };

test('rounding hardly shows in how far two engines are apart', async () => {
  const { depth, steps, ...errors } = await parity({ ...small, imagesAtOnce: 2 }, small);
  expect([depth, steps]).toEqual([8, 10]);
  expect(errors.losses).toBeLessThan(1e-4);
  expect(errors.parameters).toBeLessThan(1e-6);
  expect(errors.change).toBeLessThan(2e-3);
});

test('a step that is a hundredth too long shows', async () => {
  const { change } = await parity(withLongerSteps(small), small);
  expect(change).toBeGreaterThan(5e-3);
});

/** An engine with a mistake. */
const withLongerSteps = (engine: Engine): Engine => ({
  ...engine,
  compile: async program => {
    const executable = await engine.compile(program);
    return {
      ...executable,
      run: ({ rate, ...feeds }, into) => {
        const data = Float32Array.of(1.01 * rate!.data[0]!);
        return executable.run({ ...feeds, rate: { shape: [], data } }, into);
      },
    };
  },
});
