import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  packedBytes,
  packPermutation,
  unpackPermutation,
} from '../../../src/nern/ordering/packed-permutation.ts';
import type { LayerPermutation } from '../../../src/nern/ordering/permutation.ts';
import { overheadBits, type PermutationMode } from '../../../src/nern/ordering/permutation.ts';
import { createRandom } from '../../../src/random.ts';

function shuffled(count: number, seed: number): Uint32Array {
  const random = createRandom(seed, 'shuffle');
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random.uniform() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

function randomPermutation(mode: PermutationMode, f: number, c: number, seed: number): LayerPermutation {
  if (mode === 'none') return { mode };
  if (mode === 'cross-filter') return { mode, kernels: shuffled(f * c, seed) };
  return {
    mode,
    filters: shuffled(f, seed),
    channels: Array.from({ length: f }, (_, i) => shuffled(c, seed + i)),
  };
}

const modes: PermutationMode[] = ['none', 'in-filter', 'cross-filter'];
const extent = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(1, 2, 16, 64));

describe.each(modes)('a packed permutation, %s', mode => {
  it('takes the bits that the paper counts, rounded up, and is read back', () => {
    fc.assert(
      fc.property(extent, extent, fc.nat(), (f, c, seed) => {
        const layer = { shape: [f, c, 3, 3] };
        const permutation = randomPermutation(mode, f, c, seed);
        const bytes = packPermutation(layer, permutation);
        expect(bytes).toHaveLength(Math.ceil(overheadBits([layer], mode) / 8));
        expect(bytes).toHaveLength(packedBytes(layer, mode));
        expect(unpackPermutation(layer, mode, bytes)).toEqual(permutation);
      }),
      { numRuns: 60 },
    );
  });
});

describe('bytes that are no permutation', () => {
  it('are told from those that are', () => {
    const layer = { shape: [3, 2, 3, 3] };
    let permutations = 0;
    for (let value = 0; value < 2 ** 16; value++) {
      const bytes = Uint8Array.of(value & 255, value >> 8);
      const unpacked = unpackPermutation(layer, 'cross-filter', bytes);
      if (unpacked === undefined) continue;
      permutations++;
      expect([...packPermutation(layer, unpacked)]).toEqual([...bytes]);
    }
    // 6^6 = 46,656 numbers of six digits, of which 6! are orders.
    expect(permutations).toBe(720);
  });

  it('are told where the radix is a power of two, and bits are left over', () => {
    const layer = { shape: [2, 2, 1, 1] };
    const [byte] = packPermutation(layer, { mode: 'cross-filter', kernels: Uint32Array.of(2, 0, 3, 1) });
    expect(byte).toBe(0b01_11_00_10);
    expect(unpackPermutation(layer, 'cross-filter', Uint8Array.of(0b01_11_00_11))).toBeUndefined();
    const pair = { shape: [2, 1, 1, 1] };
    expect(unpackPermutation(pair, 'cross-filter', Uint8Array.of(0b01))).toBeDefined();
    expect(unpackPermutation(pair, 'cross-filter', Uint8Array.of(0b101))).toBeUndefined();
  });
});

it('packs the largest layer of ResNet18 into 18 bits a kernel', () => {
  const layer = { shape: [512, 512, 3, 3] };
  const kernels = shuffled(262_144, 1);
  const bytes = packPermutation(layer, { mode: 'cross-filter', kernels });
  expect(bytes).toHaveLength((262_144 * 18) / 8);
  const unpacked = unpackPermutation(layer, 'cross-filter', bytes);
  expect(
    unpacked?.mode === 'cross-filter' && unpacked.kernels.every((kernel, j) => kernel === kernels[j]),
  ).toBe(true);
});
