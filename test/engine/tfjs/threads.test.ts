import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { selfTestTraining } from '../../../src/devices/self-test.ts';
import { syntheticTrainer } from '../../../src/devices/synthetic.ts';
import { openEngine } from '../../../src/engine/open.ts';
import { matmul } from '../../../src/graph/linear.ts';
import { input } from '../../../src/graph/value.ts';

test.each([1, 2, 4])('WebAssembly computes on %i threads where so many are wanted', async threads => {
  const processors = cpus().length;
  const engine = await openEngine({ name: 'tfjs:wasm', threads, device: 0 });
  expect([engine.threads, cpus().length]).toEqual([threads, processors]);
  const shape = [200, 200];
  const data = Float32Array.from({ length: 40_000 }, (_, i) => (i % 7) - 3);
  const program = { name: 'square', outputs: { y: matmul(input('x', shape), input('x', shape)) } };
  const { y } = await (await engine.compile(program)).run({ x: { shape, data } });
  const expected = Array.from({ length: 200 }, (_, i) => data[i]! * data[200 * i]!).reduce((a, b) => a + b);
  expect(y.data[0]).toBe(expected);
  await engine.dispose();
});

test('WebAssembly computes the same whatever the number of threads', async () => {
  const trained = async (threads: number) => {
    const engine = await openEngine({ name: 'tfjs:wasm', threads, device: 0 });
    const trainer = syntheticTrainer(engine, selfTestTraining);
    for (const distilling of [false, true, true]) await trainer.step(distilling);
    await engine.dispose();
    return trainer.parameters();
  };
  const alone = await trained(1);
  expect(await trained(2)).toEqual(alone);
  expect(await trained(3)).toEqual(alone);
});

test.each(['disposed', 'left'])(
  'a process ends by itself when WebAssembly on two threads is %s',
  async end => {
    const script = fileURLToPath(new URL('../fixtures/life.ts', import.meta.url));
    const { stdout } = await execa(process.execPath, ['--import', 'tsx', script, 'tfjs:wasm', end], {
      timeout: 30_000,
    });
    expect(JSON.parse(stdout).total).toBe(14);
  },
);
