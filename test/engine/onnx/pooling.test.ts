import { expect, test } from 'vitest';
import { createOnnxEngine } from '../../../src/engine/onnx/engine.ts';
import { gradients } from '../../../src/graph/gradient.ts';
import { maxPool } from '../../../src/graph/pooling.ts';
import { sum } from '../../../src/graph/reduction.ts';
import { input } from '../../../src/graph/value.ts';

test('maxima of images of any size have a gradient', async () => {
  const side = 400;
  const x = input('x', [1, 1, side, side]);
  const pooled = maxPool(x, { size: 2, stride: 2, padding: 0 });
  const [gradient] = gradients(sum(pooled), [x]);
  const program = await createOnnxEngine(1).compile({ name: 'pool', outputs: { gradient: gradient! } });
  const data = Float32Array.from({ length: side * side }, (_, i) => i);
  const { gradient: found } = await program.run({ x: { shape: x.shape, data } });
  // The last of the four of each window is the largest.
  const isLast = (i: number) => Math.floor(i / side) % 2 === 1 && i % 2 === 1;
  expect(found.data.every((value, i) => value === (isLast(i) ? 1 : 0))).toBe(true);
});
