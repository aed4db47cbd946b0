import { expect, test } from 'vitest';
import { createOnnxEngine } from '../../../src/engine/onnx/engine.ts';
import { convolution } from '../../../src/graph/convolution.ts';
import { gradients } from '../../../src/graph/gradient.ts';
import { linear, matmul } from '../../../src/graph/linear.ts';
import { sum } from '../../../src/graph/reduction.ts';
import { sizeOf } from '../../../src/graph/tensor.ts';
import { constant, input, type Value } from '../../../src/graph/value.ts';
import { createRandom } from '../../../src/random.ts';

const random = createRandom(5, 'threads');
const feeds: Record<string, { shape: readonly number[]; data: Float32Array }> = {};

function drawn(name: string, shape: readonly number[]): Value {
  feeds[name] = { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => random.normal()) };
  return input(name, shape);
}

/** Results wide and long sums, where it would matter how many columns a thread has. */
function cases(): Record<string, Value> {
  const wide = matmul(drawn('a', [32, 4096]), drawn('b', [144, 4096]), false, true);
  const layer = linear(drawn('x', [60, 2048]), drawn('weight', [100, 2048]), drawn('bias', [100]));
  const filters = drawn('filters', [32, 16, 3, 3]);
  const zeros = constant(new Float32Array(32));
  const maps = convolution(drawn('images', [16, 16, 32, 32]), filters, zeros, { stride: 2, padding: 1 });
  const [ofFilters] = gradients(
    sum(convolution(maps, drawn('next', [32, 32, 3, 3]), zeros, { stride: 1, padding: 1 })),
    [filters],
  );
  return { wide, layer, ofFilters: ofFilters! };
}

const outputs = cases();

test.each(Object.keys(outputs))('%s has the same bits for any number of threads', async name => {
  const resultOn = async (threads: number) => {
    const program = { name, outputs: { result: outputs[name]! } };
    const executable = await createOnnxEngine(threads).compile(program);
    const { result } = await executable.run(feeds);
    return Buffer.from(result.data.buffer).toString('base64');
  };
  const one = await resultOn(1);
  for (const threads of [2, 3, 4, 8]) {
    expect((await resultOn(threads)) === one, `${threads} threads give the bits of one`).toBe(true);
  }
});
