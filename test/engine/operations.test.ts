import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { convolution } from '../../src/graph/convolution.ts';
import { relu, squareRoot } from '../../src/graph/elementwise.ts';
import { pullBack } from '../../src/graph/gradient.ts';
import { gatherRows, pad, reshape, slice } from '../../src/graph/layout.ts';
import { innerProduct, linear, matmul } from '../../src/graph/linear.ts';
import { maxPool } from '../../src/graph/pooling.ts';
import { logSoftmax, mean, softmax } from '../../src/graph/reduction.ts';
import { sizeOf } from '../../src/graph/tensor.ts';
import { constant, input, type Value } from '../../src/graph/value.ts';
import { createRandom } from '../../src/random.ts';
import { readSafetensors } from '../../src/weights/safetensors.ts';
import { describeEngines } from './engines.ts';

/** Single operations and their gradients, computed by PyTorch in float64 (bench/peers/operation_reference.py). */
const folder = new URL('../fixtures/operations/', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, folder));
const tensors = readSafetensors(read('operations.safetensors'), 'operations.safetensors');

interface Case {
  readonly name: string;
  readonly operation: string;
  readonly attributes: {
    readonly stride: number;
    readonly padding: number;
    readonly axes: readonly number[];
    readonly rows: readonly number[];
    readonly size: number;
    readonly ceil: boolean;
  };
  readonly inputs: readonly string[];
}

const cases: readonly Case[] = JSON.parse(read('operations.json').toString());

const operations: Record<string, (operands: Value[], attributes: Case['attributes']) => Value> = {
  conv2d: ([images, weights], geometry) =>
    convolution(images!, weights!, constant(new Float32Array(weights!.shape[0]!)), geometry),
  'log-softmax': ([x]) => logSoftmax(x!),
  softmax: ([x]) => softmax(x!),
  matmul: ([a, b]) => matmul(a!, b!),
  mean: ([x], { axes }) => mean(x!, axes),
  'l2-norm': ([x]) => squareRoot(innerProduct(x!, x!)),
  relu: ([x]) => relu(x!),
  'gather-rows': ([x], { rows }) => gatherRows(x!, constant(Int32Array.from(rows))),
  'max-pool': ([x], { ceil, ...windows }) => maxPool(x!, windows, ceil),
  'shortcut-a': ([x]) => {
    const [n, c, h, w] = x!.shape as [number, number, number, number];
    const paired = reshape(x!, [n, c, h / 2, 2, w / 2, 2]);
    const even = slice(paired, [0, 0, 0, 0, 0, 0], [n, c, h / 2, 1, w / 2, 1]);
    return pad(reshape(even, [n, c, h / 2, w / 2]), [0, 2, 0, 0], [n, c + 4, h / 2, w / 2]);
  },
};

const random = createRandom(3, 'fusion');
const draw = (shape: readonly number[]) => ({
  shape,
  data: Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
});
const images = input('images', [2, 3, 6, 6]);
const filters = input('filters', [4, 3, 3, 3]);
const bias = input('bias', [4]);
const before = {
  'a convolution': convolution(images, filters, bias, { stride: 1, padding: 1 }),
  'a linear layer': linear(input('rows', [5, 3]), input('weight', [4, 3]), bias),
};
const feeds = Object.fromEntries(
  Object.entries({
    images: [2, 3, 6, 6],
    filters: [4, 3, 3, 3],
    bias: [4],
    rows: [5, 3],
    weight: [4, 3],
  }).map(([name, shape]) => [name, draw(shape)]),
);

/**
 * Engines whose library gives the gradient of a maximum to the last of equal values, not to the first as PyTorch does; both
 * are subgradients, and after a ReLU, where equals are zeros, no difference comes through.
 */
const lastOfEquals: readonly string[] = ['tfjs:webgpu'];

await describeEngines('an operation agrees with PyTorch', engine => {
  test.each(cases.map(each => [each.name, each] as const))(
    '%s',
    async (name, { operation, attributes, inputs }) => {
      const tensor = (part: string) => tensors.get(`${name}/${part}`)!;
      const operands = inputs.map(part => input(part, tensor(part).shape));
      const output = operations[operation]!(operands, attributes);
      const upstream = input('output-gradient', output.shape);
      const gradients = pullBack([[output, upstream]], operands);
      const outputs = {
        output,
        ...Object.fromEntries(gradients.map((gradient, i) => [`${inputs[i]}-gradient`, gradient])),
      };
      const executable = await engine.compile({ name, outputs });
      const feeds = [...inputs, 'output-gradient'].map(part => [part, tensor(part)] as const);
      const got: Record<string, { shape: readonly number[]; data: Float32Array }> = await executable.run(
        Object.fromEntries(feeds),
      );
      for (const part of Object.keys(outputs)) {
        const { shape, data } = tensor(part);
        expect(got[part]!.shape, part).toEqual(shape);
        if (lastOfEquals.includes(engine.name) && part === 'x-gradient' && name.startsWith('max-pool')) {
          const sum = (values: Float32Array) => values.reduce((a, b) => a + b, 0);
          expect(sum(got[part]!.data), `sum of ${part}`).toBeCloseTo(sum(data), 3);
          expect(got[part]!.data.filter(value => value !== 0).length).toBeGreaterThan(5);
          continue;
        }
        const largest = data.reduce((a, b) => Math.max(a, Math.abs(b)), 1);
        got[part]!.data.forEach((value, i) => {
          expect(Math.abs(value - data[i]!), `${part} ${i}`).toBeLessThan(1e-5 * largest);
        });
      }
    },
  );

  test.each(Object.entries(before))('a ReLU alone after %s is that of its result', async (_name, value) => {
    // What is an output itself cannot disappear into a fusion.
    const apart = await engine.compile({ name: 'apart', outputs: { value } });
    const together = await engine.compile({ name: 'together', outputs: { y: relu(value) } });
    const expected = (await apart.run(feeds)).value.data.map(x => Math.max(x, 0));
    const { y } = await together.run(feeds);
    expect(expected.filter(x => x === 0).length).toBeGreaterThan(3);
    y.data.forEach((x, i) => {
      expect(Math.abs(x - expected[i]!)).toBeLessThan(1e-5);
    });
  });
});
