import { expect, test } from 'vitest';

import { convolution } from '../../src/graph/convolution.ts';
import * as elementwise from '../../src/graph/elementwise.ts';
import { gradients } from '../../src/graph/gradient.ts';
import * as layout from '../../src/graph/layout.ts';
import { innerProduct, linear, matmul } from '../../src/graph/linear.ts';
import { affine, batchNorm, channelProduct } from '../../src/graph/normalisation.ts';
import { maxPool } from '../../src/graph/pooling.ts';
import { logSoftmax, mean, softmax, sum } from '../../src/graph/reduction.ts';
import { sizeOf } from '../../src/graph/tensor.ts';
import { constant, input, type Value } from '../../src/graph/value.ts';
import { createRandom } from '../../src/random.ts';
import { describeEngines } from './engines.ts';

/** An operation to check: the shapes of its operands and how to apply it. */
interface Case {
  readonly shapes: readonly (readonly number[])[];
  readonly apply: (...operands: Value[]) => Value;
  /** Operands must be positive (logarithm, root, divisor). */
  readonly positive?: boolean;
}

const { add, subtract, multiply, divide, negate, exponential, logarithm, squareRoot, relu, atLeast, scale } =
  elementwise;
const rows = constant(Int32Array.of(2, 0, 2, 1), [4]);

/** Two results of one case as one. */
const concatenated = (a: Value, b: Value) =>
  layout.concatenate([layout.reshape(scale(a, 1e-3), [sizeOf(a.shape)]), scale(b, 1e-6)], 0);

/** Neighbours that stay in their order when one of them is moved a little: away from the kinks of a maximum. */
const farApart = (x: Value) => {
  const heights = Float32Array.from({ length: sizeOf(x.shape) }, (_, i) => 4 * ((17 * i) % 31));
  return add(scale(x, 1 / Math.max(1, x.shape[1]! ** 2 / 9)), constant(heights, x.shape));
};

const cases: Record<string, Case> = {
  add: {
    shapes: [
      [2, 3],
      [2, 3],
    ],
    apply: add,
  },
  'add, broadcast row': { shapes: [[4, 3], [3]], apply: add },
  'subtract, broadcast column': {
    shapes: [
      [4, 3],
      [4, 1],
    ],
    apply: subtract,
  },
  'multiply, both broadcast': {
    shapes: [
      [4, 1],
      [1, 3],
    ],
    apply: multiply,
  },
  'multiply by itself': { shapes: [[5]], apply: x => multiply(x, x) },
  'divide, broadcast scalar': { shapes: [[2, 3], []], apply: divide, positive: true },
  negate: { shapes: [[3]], apply: negate },
  exponential: { shapes: [[3]], apply: exponential },
  logarithm: { shapes: [[3]], apply: logarithm, positive: true },
  squareRoot: { shapes: [[3]], apply: squareRoot, positive: true },
  relu: { shapes: [[20]], apply: relu },
  atLeast: { shapes: [[20]], apply: x => atLeast(x, 0.3) },
  computedAs: { shapes: [[3]], apply: x => elementwise.computedAs(multiply(x, x), multiply(x, x)) },
  'sum of all': { shapes: [[2, 3]], apply: x => sum(x) },
  'sum of axes': { shapes: [[2, 3, 4, 2]], apply: x => sum(x, [0, 2]) },
  mean: { shapes: [[2, 3, 4]], apply: x => mean(x, [1, 2]) },
  softmax: { shapes: [[3, 4]], apply: softmax },
  logSoftmax: { shapes: [[3, 4]], apply: logSoftmax },
  reshape: { shapes: [[2, 6]], apply: x => layout.reshape(x, [3, 4]) },
  transpose: { shapes: [[2, 3, 4]], apply: x => layout.transpose(x, [2, 0, 1]) },
  slice: { shapes: [[4, 5]], apply: x => layout.slice(x, [1, 2], [2, 3]) },
  pad: { shapes: [[2, 3]], apply: x => layout.pad(x, [1, 0], [4, 5]) },
  concatenate: {
    shapes: [
      [2, 3],
      [2, 1],
    ],
    apply: (a, b) => layout.concatenate([a, b], 1),
  },
  expand: { shapes: [[2, 1]], apply: x => layout.expand(x, [2, 3]) },
  gatherRows: { shapes: [[3, 2]], apply: x => layout.gatherRows(x, rows) },
  scatterAddRows: { shapes: [[4, 2]], apply: x => layout.scatterAddRows(x, rows, 3) },
  matmul: {
    shapes: [
      [2, 3],
      [3, 4],
    ],
    apply: (a, b) => matmul(a, b),
  },
  "matmul, a'": {
    shapes: [
      [3, 2],
      [3, 4],
    ],
    apply: (a, b) => matmul(a, b, true, false),
  },
  "matmul, b'": {
    shapes: [
      [2, 3],
      [4, 3],
    ],
    apply: (a, b) => matmul(a, b, false, true),
  },
  "matmul, a' b'": {
    shapes: [
      [3, 2],
      [4, 3],
    ],
    apply: (a, b) => matmul(a, b, true, true),
  },
  'matmul, batched': {
    shapes: [
      [2, 2, 3],
      [2, 4, 3],
    ],
    apply: (a, b) => matmul(a, b, false, true),
  },
  linear: { shapes: [[3, 2], [4, 2], [4]], apply: linear },
  innerProduct: {
    shapes: [
      [2, 3, 2],
      [2, 3, 2],
    ],
    apply: innerProduct,
  },
  'elementwise between convolutions': {
    shapes: [
      [2, 16, 4, 4],
      [16, 16, 3, 3],
      [2, 1, 1, 1],
      [1, 16, 1, 1],
    ],
    apply: (x, filters, perImage, perChannel) => {
      const geometry = { stride: 1, padding: 1 };
      const bias = constant(new Float32Array(16));
      const first = convolution(x, filters, bias, geometry);
      // With positive operands `first` is positive: away from the kink of either ReLU.
      const rectified = subtract(relu(first), relu(negate(first)));
      const changed = add(multiply(rectified, perImage), multiply(first, perChannel));
      const second = convolution(subtract(changed, x), filters, bias, geometry);
      return concatenated(second, innerProduct(second, changed));
    },
    positive: true,
  },
  ...Object.fromEntries(
    [3, 16].flatMap((channels): [string, Case][] => {
      const maps = [2, channels, 3, 3];
      const geometry = { stride: 1, padding: 1 };
      const filters = constant(
        Float32Array.from({ length: channels * channels * 9 }, (_, i) => ((i * 7) % 11) / 33),
        [channels, channels, 3, 3],
      );
      const convolved = (x: Value) => convolution(x, filters, constant(new Float32Array(channels)), geometry);
      return [
        [`affine, ${channels} channels`, { shapes: [maps, [channels], [channels], maps], apply: affine }],
        [`channelProduct, ${channels} channels`, { shapes: [maps, maps], apply: channelProduct }],
        [
          `batchNorm, ${channels} channels`,
          { shapes: [maps, [channels], [channels]], apply: (x, a, b) => batchNorm(x, a, b, 0.1).result },
        ],
        [
          `batchNorm between convolutions, ${channels} channels`,
          {
            shapes: [maps, [channels], maps],
            apply: (x, weight, added) => {
              // Some channels positive, the others negative, all far from the kink of a ReLU.
              const bias = constant(
                Float32Array.from({ length: channels }, (_, i) => (i % 2 === 0 ? 8 : -8)),
              );
              const first = batchNorm(convolved(x), weight, bias, 0.1).result;
              const second = batchNorm(convolved(relu(first)), weight, bias, 0.1).result;
              return relu(add(second, added));
            },
          },
        ],
      ];
    }),
  ),
  'innerProduct with itself': { shapes: [[2, 3, 2]], apply: x => innerProduct(x, x) },
  'feature maps joined between convolutions': {
    shapes: [
      [2, 16, 4, 4],
      [16, 16, 3, 3],
      [16, 48, 1, 1],
    ],
    apply: (x, filters, mixing) => {
      const bias = constant(new Float32Array(16));
      const geometry = { stride: 1, padding: 1 };
      const first = convolution(x, filters, bias, geometry);
      const second = convolution(first, filters, bias, geometry);
      const joined = layout.concatenate([first, second, first], 1);
      const mixed = convolution(joined, mixing, bias, { stride: 1, padding: 0 });
      const part = layout.slice(joined, [0, 16, 0, 0], [2, 16, 4, 4]);
      return scale(convolution(add(mixed, part), filters, bias, geometry), 1e-6);
    },
  },
  'maxima between convolutions': {
    shapes: [
      [2, 16, 7, 7],
      [16, 16, 3, 3],
    ],
    apply: (x, filters) => {
      const bias = constant(new Float32Array(16));
      const first = convolution(x, filters, bias, { stride: 1, padding: 1 });
      const largest = maxPool(farApart(first), { size: 3, stride: 2, padding: 1 });
      return scale(convolution(largest, filters, bias, { stride: 1, padding: 1 }), 1e-3);
    },
  },
  ...Object.fromEntries(
    [
      { size: 3, stride: 2, padding: 1, length: 8 },
      { size: 3, stride: 2, padding: 0, length: 7 },
      { size: 3, stride: 2, padding: 0, length: 8, ceil: true },
      { size: 2, stride: 2, padding: 0, length: 5 },
      { size: 2, stride: 2, padding: 1, length: 5, ceil: true },
      { size: 3, stride: 1, padding: 1, length: 4 },
      { size: 1, stride: 2, padding: 0, length: 5 },
    ].map(({ length, ceil = false, ...windows }): [string, Case] => [
      `maxPool ${Object.entries({ ...windows, length, ceil }).join(' ')}`,
      { shapes: [[2, 3, length, length + 1]], apply: x => maxPool(farApart(x), windows, ceil) },
    ]),
  ),
  ...Object.fromEntries(
    [
      { kernel: 3, stride: 1, padding: 1, size: 6 },
      { kernel: 3, stride: 1, padding: 0, size: 5 },
      { kernel: 3, stride: 2, padding: 1, size: 6 },
      { kernel: 3, stride: 2, padding: 1, size: 5 },
      { kernel: 3, stride: 2, padding: 0, size: 7 },
      { kernel: 1, stride: 1, padding: 0, size: 4 },
      { kernel: 1, stride: 2, padding: 0, size: 4 },
      { kernel: 1, stride: 2, padding: 0, size: 5 },
      { kernel: 5, stride: 1, padding: 2, size: 6 },
      { kernel: 7, stride: 2, padding: 3, size: 8 },
      // Channels in whole blocks take other ways through the engine.
      { kernel: 3, stride: 1, padding: 1, size: 5, channels: 16, filters: 32 },
      { kernel: 3, stride: 1, padding: 1, size: 4, channels: 32, filters: 16 },
      { kernel: 3, stride: 1, padding: 1, size: 6, channels: 3, filters: 16 },
      { kernel: 3, stride: 1, padding: 0, size: 5, channels: 16, filters: 16 },
      { kernel: 3, stride: 2, padding: 1, size: 6, channels: 16, filters: 32 },
      { kernel: 1, stride: 1, padding: 0, size: 4, channels: 32, filters: 16 },
      { kernel: 1, stride: 2, padding: 0, size: 5, channels: 16, filters: 16 },
      // Sides that differ in whether the stride comes out even.
      { kernel: 3, stride: 2, padding: 1, size: 6, width: 5 },
      { kernel: 1, stride: 2, padding: 0, size: 5, width: 4 },
      { kernel: 3, stride: 2, padding: 1, size: 5, width: 8, channels: 16, filters: 32 },
    ].map(({ kernel, stride, padding, size, width = size, channels = 3, filters = 4 }): [string, Case] => [
      `convolution ${kernel}x${kernel}, ${channels} to ${filters}, stride ${stride}, padding ${padding}, size ${size}x${width}`,
      {
        shapes: [[2, channels, size, width], [filters, channels, kernel, kernel], [filters]],
        apply: (x, filters, bias) => convolution(x, filters, bias, { stride, padding }),
      },
    ]),
  ),
};

await describeEngines('gradients agree with finite differences', engine => {
  test.each(Object.entries(cases))('%s', async (_name, { shapes, apply, positive }) => {
    const random = createRandom(7, 'gradient');
    const draw = (shape: readonly number[]) =>
      Float32Array.from({ length: sizeOf(shape) }, () => {
        const sign = random.uniform() < 0.5 && !positive ? -1 : 1;
        return sign * (0.5 + random.uniform());
      });
    const operands = shapes.map((shape, i) => input(`x${i}`, shape));
    const result = apply(...operands);
    const weights = draw(result.shape);
    const loss = sum(multiply(result, constant(weights, result.shape)));
    const analytic = gradients(loss, operands);
    const outputs = Object.fromEntries(analytic.map((gradient, i) => [`g${i}`, gradient]));
    const backward = await engine.compile({ name: 'backward', outputs });
    const forward = await engine.compile({ name: 'forward', outputs: { result } });
    const points = shapes.map(draw);
    const feed = (data: readonly Float32Array[]) =>
      Object.fromEntries(data.map((values, i) => [`x${i}`, { shape: shapes[i]!, data: values }]));
    const got = await backward.run(feed(points));
    /** Summed in float64 here: the loss in float32 is too coarse to be differenced. */
    const lossAt = async (data: readonly Float32Array[]) => {
      const { data: values } = (await forward.run(feed(data))).result!;
      return values.reduce((total, value, i) => total + value * weights[i]!, 0);
    };
    const step = 2 ** -6;
    for (const [i, shape] of shapes.entries()) {
      const gradient = got[`g${i}`]!;
      expect(gradient.shape).toEqual(shape);
      for (let at = 0; at < sizeOf(shape); at += Math.ceil(sizeOf(shape) / 12)) {
        const moved = (by: number) =>
          points.map((values, j) => (j === i ? values.with(at, values[at]! + by) : values));
        const difference = ((await lossAt(moved(step))) - (await lossAt(moved(-step)))) / (2 * step);
        const error = Math.abs(gradient.data[at]! - difference);
        expect(error, `operand ${i}, value ${at}`).toBeLessThan(5e-3 * Math.max(1, Math.abs(difference)));
      }
    }
  });
});
