import { expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/engine/onnx/engine.ts';
import { convolution } from '../../src/graph/convolution.ts';
import { multiply, relu } from '../../src/graph/elementwise.ts';
import { gradients } from '../../src/graph/gradient.ts';
import { reshape } from '../../src/graph/layout.ts';
import { sum } from '../../src/graph/reduction.ts';
import { sumOverSlices } from '../../src/graph/sequence.ts';
import { sizeOf } from '../../src/graph/tensor.ts';
import { constant, input, type Value } from '../../src/graph/value.ts';
import { createRandom } from '../../src/random.ts';

const random = createRandom(1, 'sequence');
const draw = (shape: readonly number[]) => ({
  shape,
  data: Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
});

test.each([3, 16])(
  'a gradient summed over slices is that of all rows at once, %i channels',
  async channels => {
    const images = input('images', [6, channels, 5, 5]);
    const filters = input('filters', [16, channels, 3, 3]);
    const factor = input('factor', [1, 16, 1, 1]);
    const bias = constant(draw([16]).data);
    /** The filters' gradient of something that uses the images, the filters, and a value computed outside. */
    const gradientOn = (some: Value) => {
      const scaled = multiply(filters, reshape(factor, [16, 1, 1, 1]));
      const features = relu(convolution(some, scaled, bias, { stride: 1, padding: 1 }));
      const [gradient] = gradients(sum(multiply(features, multiply(features, factor))), [filters]) as [Value];
      return gradient;
    };
    const outputs = { whole: gradientOn(images), sliced: sumOverSlices(images, 2, gradientOn) };
    const executable = await createOnnxEngine(1).compile({ name: 'sequence', outputs });
    const feeds = { images: draw(images.shape), filters: draw(filters.shape), factor: draw(factor.shape) };
    const { whole, sliced } = await executable.run(feeds);
    const largest = whole.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    whole.data.forEach((value, i) => {
      expect(Math.abs(sliced.data[i]! - value)).toBeLessThan(1e-5 * largest);
    });
  },
);

test('slices that do not divide the rows are refused', () => {
  expect(() => sumOverSlices(input('x', [5, 2]), 2, slice => sum(slice))).toThrow(
    'Expected slices of 2 to divide 5 rows',
  );
});
