import { engine as kernels } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import type { EngineName } from '../../../src/catalogue/engines.ts';
import { openEngine } from '../../../src/engine/open.ts';
import { convolution } from '../../../src/graph/convolution.ts';
import { multiply, relu } from '../../../src/graph/elementwise.ts';
import { gradients } from '../../../src/graph/gradient.ts';
import { matmul } from '../../../src/graph/linear.ts';
import { sum } from '../../../src/graph/reduction.ts';
import { sumOverSlices } from '../../../src/graph/sequence.ts';
import { sizeOf } from '../../../src/graph/tensor.ts';
import { constant, input, type Value } from '../../../src/graph/value.ts';

const counts = () => {
  const { numTensors, numBytes } = kernels().memory();
  return { numTensors, numBytes, inBackend: kernels().backend.numDataIds() };
};
const ones = (shape: readonly number[]) => ({ shape, data: new Float32Array(sizeOf(shape)).fill(1) });

const images = input('images', [4, 3, 6, 6]);
const filters = input('filters', [8, 3, 3, 3]);
const convolved = (x: Value) =>
  relu(convolution(x, filters, constant(new Float32Array(8)), { stride: 2, padding: 1 }));
const program = {
  name: 'memory',
  outputs: {
    features: convolved(images),
    gradient: sumOverSlices(images, 2, slice => {
      const [gradient] = gradients(sum(multiply(convolved(slice), convolved(slice))), [filters]) as [Value];
      return gradient;
    }),
    product: matmul(input('a', [5, 4]), constant(new Float32Array(12), [4, 3])),
  },
};
const feeds = { images: ones([4, 3, 6, 6]), filters: ones([8, 3, 3, 3]), a: ones([5, 4]) };

describe.each(['tfjs:wasm', 'tfjs:cpu'] as const satisfies EngineName[])('%s', name => {
  test('holds no more tensors after a hundred runs than after one, and none after it is disposed of', async () => {
    const engine = await openEngine({ name, threads: 1, device: 0 });
    const before = counts();
    const executable = await engine.compile(program);
    await executable.run(feeds);
    const after = counts();
    expect(after.numTensors).toBeGreaterThan(before.numTensors);
    for (let i = 0; i < 100; i++) await executable.run(feeds);
    expect(counts()).toEqual(after);
    await executable.dispose();
    expect(counts()).toEqual(before);
    await engine.dispose();
  });

  test('gives back what a run that fails had computed', async () => {
    const engine = await openEngine({ name, threads: 1, device: 0 });
    const executable = await engine.compile(program);
    const before = counts();
    await expect(executable.run({ images: feeds.images, filters: feeds.filters })).rejects.toThrow(
      'was not given its input `a`',
    );
    expect(counts()).toEqual(before);
    await engine.dispose();
  });

  test('writes outputs where they are wanted', async () => {
    const engine = await openEngine({ name, threads: 1, device: 0 });
    const executable = await engine.compile(program);
    const expected = await executable.run(feeds);
    const product = { shape: [5, 3], data: new Float32Array(15).fill(7) };
    const got = await executable.run(feeds, { product });
    expect(got.product).toBe(product);
    expect(got.product.data).toEqual(expected.product.data);
    expect(got.features.data).toEqual(expected.features.data);
    await engine.dispose();
  });
});

test('WebAssembly that runs out of memory says so, and goes on', async () => {
  const engine = await openEngine({ name: 'tfjs:wasm', threads: 1, device: 0 });
  const x = input('x', [1024, 1024]);
  // 4.3 GB: more than WebAssembly can address.
  const large = matmul(input('column', [32 * 1024, 1]), input('row', [1, 32 * 1024]));
  const executable = await engine.compile({ name: 'large', outputs: { y: sum(large) } });
  const column = ones([32 * 1024, 1]);
  const row = ones([1, 32 * 1024]);
  await expect(executable.run({ column, row })).rejects.toMatchObject({
    kind: 'out-of-memory',
    hint: expect.stringContaining('smaller `batch`'),
  });
  const small = await engine.compile({ name: 'small', outputs: { y: sum(x) } });
  expect((await small.run({ x: ones([1024, 1024]) })).y.data[0]).toBe(1024 * 1024);
  await engine.dispose();
});
