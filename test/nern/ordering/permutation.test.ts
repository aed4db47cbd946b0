import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../../src/graph/tensor.ts';
import type { PermutationMode } from '../../../src/nern/ordering/permutation.ts';
import { overheadBits, permute, permutedRows } from '../../../src/nern/ordering/permutation.ts';
import { smoothnessLoss } from '../../../src/nern/ordering/smoothness.ts';
import { createRandom } from '../../../src/random.ts';
import { readCheckpoint } from '../../../src/weights/checkpoint.ts';
import { testWith } from '../../support/shared-data.ts';

interface Reference {
  shape: number[];
  weights: number[];
  channels: number[][];
  filters?: number[];
  inFilterRows?: number[];
  kernels?: number[];
  crossFilterRows?: number[];
}

const fixture = new URL('../../fixtures/nern/permutation.json', import.meta.url);
const reference = JSON.parse(readFileSync(fixture, 'utf8')) as Reference[];
const modes: PermutationMode[] = ['none', 'in-filter', 'cross-filter'];

function randomLayer(shape: number[], seed = 0): Tensor {
  const random = createRandom(seed, 'layer');
  const length = shape.reduce((product, n) => product * n);
  return { shape, data: Float32Array.from({ length }, () => random.normal()) };
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, v) => (v instanceof Uint32Array ? [...v] : v)));
}

describe("the authors' permutations", () => {
  it.each(reference)('of a layer of $shape', ({ shape, weights, ...expected }) => {
    const layer: Tensor = { shape, data: Float32Array.from(weights) };
    const inFilter = permute([layer], 'in-filter');
    const crossFilter = permute([layer], 'cross-filter');
    expect(plain(inFilter)).toMatchObject([
      {
        mode: 'in-filter',
        channels: expected.channels,
        ...(expected.filters && { filters: expected.filters }),
      },
    ]);
    if (expected.kernels) {
      expect(plain(crossFilter)).toEqual([{ mode: 'cross-filter', kernels: expected.kernels }]);
      expect([...permutedRows([layer], inFilter)]).toEqual(expected.inFilterRows);
      expect([...permutedRows([layer], crossFilter)]).toEqual(expected.crossFilterRows);
    }
  });
});

describe('permute', () => {
  it('orders the filters of a 1x1 layer by their values, not their signs', () => {
    const layer = { shape: [3, 2, 1, 1], data: Float32Array.of(1, 2, 8, 9, 1, 3) };
    expect(plain(permute([layer], 'in-filter'))).toMatchObject([{ filters: [0, 2, 1] }]);
  });

  it('compares filters after each has its own order', () => {
    const near = [3, 0, 0, 1];
    const layer = {
      shape: [3, 2, 2, 2],
      data: Float32Array.from([1, 0, 0, 0, ...near, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, ...near]),
    };
    expect(plain(permute([layer], 'in-filter'))).toMatchObject([{ filters: [0, 2, 1] }]);
  });
});

describe('permutedRows', () => {
  const layers = [randomLayer([5, 4, 3, 3]), randomLayer([4, 5, 1, 1], 1), randomLayer([2, 3, 3, 3], 2)];

  it.each(modes)('gives every kernel a row of its own layer, each row once: %s', mode => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer(),
        (f, c, seed) => {
          const both = [randomLayer([f, c, 3, 3], seed), ...layers];
          const rows = permutedRows(both, permute(both, mode));
          let first = 0;
          for (const { shape } of both) {
            const count = shape[0]! * shape[1]!;
            const own = [...rows.slice(first, first + count)].sort((a, b) => a - b);
            expect(own).toEqual(Array.from({ length: count }, (_, i) => first + i));
            first += count;
          }
          expect(rows).toHaveLength(first);
        },
      ),
      { numRuns: 30, seed: 1 },
    );
  });

  it('leaves every kernel its own row without permutation', () => {
    expect([...permutedRows(layers, permute(layers, 'none'))]).toEqual(
      Array.from({ length: 46 }, (_, i) => i),
    );
  });

  it('keeps the channels of a filter together in-filter', () => {
    const rows = permutedRows(layers.slice(0, 1), permute(layers.slice(0, 1), 'in-filter'));
    for (let f = 0; f < 5; f++) {
      expect(new Set([...rows.slice(4 * f, 4 * f + 4)].map(row => Math.floor(row / 4))).size).toBe(1);
    }
  });
});

describe('overheadBits', () => {
  it('counts the bits of every index', () => {
    const layers = [{ shape: [16, 8, 3, 3] }, { shape: [4, 2, 1, 1] }];
    expect(overheadBits(layers, 'none')).toBe(0);
    expect(overheadBits(layers, 'cross-filter')).toBeCloseTo(128 * 7 + 8 * 3);
    expect(overheadBits(layers, 'in-filter')).toBeCloseTo(128 * 3 + 16 * 4 + 8 * 1 + 4 * 2);
  });
});

describe('smoothnessLoss', () => {
  const rows = (count: number) => Uint32Array.from({ length: count }, (_, i) => i);

  it('sums the cosine distance to the kernel below and the one to the right', () => {
    const layer = {
      shape: [2, 2, 2, 2],
      data: Float32Array.of(1, 0, 0, 0, 0, 5, 0, 0, -2, 0, 0, 0, 9, 9, 9, 9),
    };
    expect(smoothnessLoss([layer], rows(4))).toBeCloseTo(2 + 1, 12);
    expect(smoothnessLoss([layer], Uint32Array.of(3, 1, 2, 0))).toBeCloseTo(0.5 + 1.5, 12);
  });

  it('is the l2 distance for 1x1 kernels', () => {
    const layer = { shape: [2, 2, 1, 1], data: Float32Array.of(1, 4, -1, 100) };
    expect(smoothnessLoss([layer], rows(4))).toBe(3 + 2);
  });

  testWith(
    'resnet/resnet20-12fca82f.th',
    'falls from none to in-filter to cross-filter on ResNet20',
    async path => {
      const { tensors } = await readCheckpoint(path);
      const layers = [...tensors.values()].filter(tensor => tensor.shape.length === 4);
      const [none, inFilter, crossFilter] = modes.map(mode =>
        smoothnessLoss(layers, permutedRows(layers, permute(layers, mode))),
      );
      expect(inFilter).toBeLessThan(0.6 * none!);
      expect(crossFilter).toBeLessThan(inFilter!);
    },
  );
});
