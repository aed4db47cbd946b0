import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { greedyPath, kernelPath } from '../../../src/nern/ordering/greedy-path.ts';
import { kernelDistance, kernelPoints } from '../../../src/nern/ordering/kernel-points.ts';
import { createRandom } from '../../../src/random.ts';
import { readCheckpoint } from '../../../src/weights/checkpoint.ts';
import { testWith } from '../../support/shared-data.ts';

function paths(kernels: Float32Array, size: number) {
  const points = kernelPoints(kernels, size);
  const everyPair = greedyPath(points.count, (a, b) => kernelDistance(points, a, b));
  return { path: [...kernelPath(points)], everyPair: [...everyPair] };
}

function expectSamePath(kernels: Float32Array, size: number) {
  const { path, everyPair } = paths(kernels, size);
  expect(path).toEqual(everyPair);
}

describe('greedyPath', () => {
  it('goes to the nearest element left, ties to the lowest index', () => {
    const places = [5, 9, 1, 5, 4, 9];
    const path = greedyPath(places.length, (a, b) => Math.abs(places[a]! - places[b]!));
    expect([...path]).toEqual([0, 3, 4, 2, 1, 5]);
  });

  it('has nothing to order in no element', () => {
    expect(greedyPath(0, () => 0)).toHaveLength(0);
  });
});

describe('kernelPath', () => {
  it('follows the cosine, whatever the kernels are scaled by', () => {
    const kernels = Float32Array.of(1, 0, 0, -3, 0, 0, 0, 2, 0, 7, 7, 0);
    expect([...kernelPath(kernelPoints(kernels, 3))]).toEqual([0, 3, 2, 1]);
  });

  it('follows the values of 1x1 kernels, and zero is one of them', () => {
    expect([...kernelPath(kernelPoints(Float32Array.of(0.1, 3, 0, -0.2, 1), 1))]).toEqual([0, 2, 3, 4, 1]);
  });

  it('takes a kernel of zeros for one at a right angle to all', () => {
    const opposite = Float32Array.of(1, 0, -1, 0, 0, 0, 0, 0);
    expect([...kernelPath(kernelPoints(opposite, 2))]).toEqual([0, 2, 1, 3]);
    const startsAtZero = Float32Array.of(0, 0, 0, 1, 1, 0, 0, 0);
    expect([...kernelPath(kernelPoints(startsAtZero, 2))]).toEqual([0, 1, 2, 3]);
  });

  it('refuses weights that are not finite', () => {
    const kernels = Float32Array.of(1, 2, Number.NaN, 0);
    expect(() => kernelPoints(kernels, 2)).toThrow(
      'Expected the weights of kernel 1 to be finite, got `NaN,0`',
    );
  });

  const size = fc.constantFrom(1, 4, 9);
  const float = fc.float({ noNaN: true, min: Math.fround(-1e30), max: Math.fround(1e30) });
  const few = fc.constantFrom(-1, 0, 0, 1, 3);

  it.each([
    ['any values', float],
    ['a few values, hence ties and zeros', few],
  ])('is what comparing every pair gives: %s', (_, value) => {
    fc.assert(
      fc.property(size, fc.array(value, { maxLength: 1200, size: 'max' }), (size, values) => {
        expectSamePath(Float32Array.from(values.slice(0, values.length - (values.length % size))), size);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it.each([1, 9])('is what comparing every pair gives: clusters and copies, kernels of %i', size => {
    const random = createRandom(3, 'clusters');
    const centres = Array.from({ length: 40 }, () => Array.from({ length: size }, () => random.normal()));
    const kernels = Array.from({ length: 3000 }, (_, kernel) => {
      const spread = kernel % 3 === 0 ? 0 : 0.01;
      return centres[random.below(40)]!.map(value => value + spread * random.normal());
    });
    expectSamePath(Float32Array.from(kernels.flat()), size);
  });

  it('is what comparing every pair gives: one kernel many times, among zeros', () => {
    const kernels = Array.from({ length: 2500 }, (_, i) =>
      Array.from({ length: 9 }, () => (i % 5 === 2 ? 0 : 1)),
    );
    expectSamePath(Float32Array.from(kernels.flat()), 9);
  });

  testWith(
    'resnet/chenyaofo_cifar10_resnet20.pth',
    'is what comparing every pair gives: ResNet20',
    async path => {
      const { tensors } = await readCheckpoint(path);
      const names = ['layer1.0.conv1', 'layer2.0.downsample.0', 'layer3.0.downsample.0', 'layer3.2.conv2'];
      for (const name of names) {
        const { shape, data } = tensors.get(`${name}.weight`)!;
        expectSamePath(data, shape[2]! * shape[3]!);
      }
    },
  );
});
