import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  kernelDissimilarity,
  kernelDistance,
  kernelPoints,
} from '../../../src/nern/ordering/kernel-points.ts';
import { kernelNeighbours } from '../../../src/nern/ordering/kernel-tree.ts';
import { permute, permutedRows } from '../../../src/nern/ordering/permutation.ts';
import { smoothnessLoss } from '../../../src/nern/ordering/smoothness.ts';
import { improvePath } from '../../../src/nern/ordering/two-opt.ts';
import { createRandom } from '../../../src/random.ts';

const lengthOf = (path: ArrayLike<number>, distance: (a: number, b: number) => number) =>
  Array.from(path).reduce((sum, at, i) => (i === 0 ? 0 : sum + distance(path[i - 1]!, at)), 0);

/** The shortest path through a few elements. */
function shortest(count: number, distance: (a: number, b: number) => number): number {
  const extend = (path: number[]): number =>
    path.length === count
      ? lengthOf(path, distance)
      : Math.min(
          ...Array.from({ length: count }, (_, next) =>
            path.includes(next) ? Number.POSITIVE_INFINITY : extend([...path, next]),
          ),
        );
  return extend([]);
}

const plane = fc.array(fc.tuple(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 0, max: 99 })), {
  minLength: 1,
  maxLength: 60,
});
const distanceIn = (points: [number, number][]) => (a: number, b: number) =>
  Math.hypot(points[a]![0] - points[b]![0], points[a]![1] - points[b]![1]);
const inOrder = (count: number) => Uint32Array.from({ length: count }, (_, i) => i);

describe('improvePath', () => {
  it('goes through the same elements, no longer than before, with no pair of links left to exchange', () => {
    fc.assert(
      fc.property(plane, points => {
        const distance = distanceIn(points);
        const all = [...inOrder(points.length)];
        const path = improvePath(inOrder(points.length), () => all, distance, 1000);
        const before = lengthOf(all, distance);
        const after = lengthOf(path, distance);
        expect([...path].sort((a, b) => a - b)).toEqual(all);
        expect(after).toBeLessThanOrEqual(before);
        for (let i = 0; i < path.length; i++) {
          for (let j = i + 1; j <= path.length; j++) {
            const turned = [...path.slice(0, i), ...path.slice(i, j).reverse(), ...path.slice(j)];
            expect(lengthOf(turned, distance)).toBeGreaterThan(after - 1e-9);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('takes a crossing out, and moves the ends', () => {
    const line = (a: number, b: number) => Math.abs(a - b);
    const all = [...inOrder(5)];
    expect(
      lengthOf(
        improvePath(Uint32Array.of(2, 1, 0, 3, 4), () => all, line, 9),
        line,
      ),
    ).toBe(4);
    expect(
      lengthOf(
        improvePath(Uint32Array.of(0, 2, 1, 3, 4), () => all, line, 9),
        line,
      ),
    ).toBe(4);
  });

  it('is near the shortest path of a few elements', () => {
    const random = createRandom(2, 'plane');
    const points = Array.from({ length: 7 }, (): [number, number] => [random.uniform(), random.uniform()]);
    const distance = distanceIn(points);
    const path = improvePath(inOrder(7), () => inOrder(7), distance, 1000);
    expect(lengthOf(path, distance)).toBeLessThan(1.15 * shortest(7, distance));
  });

  it('does nothing in no pass, and nothing with equal elements', () => {
    const path = Uint32Array.of(3, 1, 0, 2);
    expect(
      improvePath(
        path,
        () => path,
        (a, b) => Math.abs(a - b),
        0,
      ),
    ).toEqual(path);
    expect(
      improvePath(
        path,
        () => path,
        () => 0,
        9,
      ),
    ).toEqual(path);
    expect(
      improvePath(
        new Uint32Array(),
        () => [],
        () => 0,
        9,
      ),
    ).toHaveLength(0);
  });
});

describe('kernelNeighbours', () => {
  it.each([1, 9])('are what comparing every pair gives, kernels of %i', size => {
    const random = createRandom(size, 'neighbours');
    // Zeros, and values that tie.
    const kernels = Float32Array.from({ length: 400 * size }, (_, i) =>
      Math.floor(i / size) % 50 === 7 ? 0 : Math.round(3 * random.normal()),
    );
    const points = kernelPoints(kernels, size);
    for (const [kernel, nearest] of kernelNeighbours(points, 10).entries()) {
      const others = [...Array(400).keys()].filter(
        other => other !== kernel && points.directionless[other] === 0,
      );
      const sorted = others.sort(
        (a, b) => kernelDistance(points, kernel, a) - kernelDistance(points, kernel, b) || a - b,
      );
      const expected = points.directionless[kernel] === 1 ? [] : sorted.slice(0, 10);
      // Among many equal kernels the kernel itself may not be among those found, and one more other is.
      const distances = (list: ArrayLike<number>) =>
        Array.from(list, other => kernelDistance(points, kernel, other));
      expect(distances(nearest)).toEqual(distances(expected));
    }
  });
});

describe('permute with 2-opt', () => {
  const random = createRandom(0, 'layers');
  const layer = (...shape: number[]) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal()),
  });
  const layers = [layer(24, 20, 3, 3), layer(8, 24, 1, 1)];

  it.each(['in-filter', 'cross-filter'] as const)('is a permutation with shorter paths: %s', mode => {
    const [greedy, improved] = [permute(layers, mode), permute(layers, mode, 50)];
    expect(permute(layers, mode, 50)).toEqual(improved);
    const rows = permutedRows(layers, improved);
    expect([...rows].sort((a, b) => a - b)).toEqual([...rows.keys()]);
    for (const [l, { shape, data }] of layers.entries()) {
      const points = kernelPoints(data, shape[2]! * shape[3]!);
      const [before, after] = [greedy[l]!, improved[l]!].map(permutation => {
        const paths =
          permutation.mode === 'cross-filter'
            ? [permutation.kernels]
            : permutation.mode === 'in-filter'
              ? permutation.channels.map((path, f) => path.map(c => f * shape[1]! + c))
              : [];
        return paths.reduce(
          (sum, path) => sum + lengthOf(path, (a, b) => kernelDissimilarity(points, a, b)),
          0,
        );
      });
      expect(after).toBeLessThan(before!);
    }
    expect(smoothnessLoss(layers, rows)).toBeLessThan(
      smoothnessLoss(layers, permutedRows(layers, greedy)) * (mode === 'in-filter' ? 1.05 : 1.02),
    );
  });
});
