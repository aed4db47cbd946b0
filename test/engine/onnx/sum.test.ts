import { expect, test } from 'vitest';
import { createOnnxEngine } from '../../../src/engine/onnx/engine.ts';
import { sum } from '../../../src/graph/reduction.ts';
import { input } from '../../../src/graph/value.ts';
import { createRandom } from '../../../src/random.ts';

// As many as the squared differences of a ResNet18's kernels.
const shape = [1_220_000, 9];

test('a sum of eleven million values keeps the precision of float32', async () => {
  const random = createRandom(4, 'sum');
  const data = Float32Array.from({ length: shape[0]! * shape[1]! }, () => random.uniform());
  const program = await createOnnxEngine(1).compile({
    name: 'sum',
    outputs: { total: sum(input('x', shape)) },
  });
  const { total } = await program.run({ x: { shape, data } });
  const exact = data.reduce((so, value) => so + value, 0);
  expect(Math.abs(total.data[0]! / exact - 1)).toBeLessThan(1e-6);
});
