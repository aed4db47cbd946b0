import { describe, expect, test } from 'vitest';
import { convolutionBlockSize } from '../../../src/engine/onnx/block-size.ts';
import { cpuDialect } from '../../../src/engine/onnx/dialect.ts';
import { createOnnxEngine } from '../../../src/engine/onnx/engine.ts';
import { lower } from '../../../src/engine/onnx/lower.ts';
import { convolution } from '../../../src/graph/convolution.ts';
import { add, relu } from '../../../src/graph/elementwise.ts';
import { sizeOf } from '../../../src/graph/tensor.ts';
import { constant, input, type Value } from '../../../src/graph/value.ts';
import { createRandom } from '../../../src/random.ts';

const random = createRandom(2, 'fuse');
const draw = (shape: readonly number[]) => ({
  shape,
  data: Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
});

const x = input('x', [2, 32, 6, 6]);
const filters = input('filters', [32, 32, 3, 3]);
const convolved = convolution(x, filters, constant(draw([32]).data), { stride: 1, padding: 1 });
const cases: Record<string, [before: Value, added: number]> = {
  'a convolution': [convolved, 0],
  'a convolution plus another map': [add(convolved, x), 1],
  'another map plus a convolution': [add(x, convolved), 1],
};

describe('a ReLU is done together with', () => {
  test.each(Object.entries(cases))('%s', async (_name, [before, added]) => {
    const engine = createOnnxEngine(1);
    const fused = { name: 'fused', outputs: { y: relu(before) } };
    // What is an output itself cannot disappear into a fusion.
    const apart = { name: 'apart', outputs: { y: relu(before), convolved, before } };
    const feeds = { x: draw(x.shape), filters: draw(filters.shape) };
    const [one, other] = [await engine.compile(fused), await engine.compile(apart)];
    const [got, expected] = [(await one.run(feeds)).y, (await other.run(feeds)).y];
    got.data.forEach((value, i) => {
      expect(Math.abs(value - expected.data[i]!)).toBeLessThan(1e-4);
    });
    expect(got.data.some(value => value > 1)).toBe(true);

    const dialect = cpuDialect(await convolutionBlockSize());
    const kinds = (program: typeof fused) => lower(program, dialect).nodes.map(({ opType }) => opType);
    const passes = (program: typeof fused) =>
      kinds(program).filter(kind => kind === 'Relu' || kind === 'Add').length;
    expect(passes(apart)).toBe(1 + added);
    if (dialect.block > 1) expect(passes(fused)).toBe(0);
  });
});
