import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { kernelCoordinates, kernelCount } from '../../../src/nern/coordinates.ts';
import { embedValues } from '../../../src/nern/predictor/embedding.ts';
import { embeddingSize, kernelEmbedding } from '../../../src/nern/predictor/kernel-embedding.ts';

interface Reference {
  cases: { base: number; levels: number; coordinates: number[][]; embedding: number[][] }[];
}

const fixture = new URL('../../fixtures/nern/embedding.json', import.meta.url);
const reference = JSON.parse(readFileSync(fixture, 'utf8')) as Reference;

describe('kernelCoordinates', () => {
  const layers = [{ shape: [2, 3, 3, 3] }, { shape: [1, 2, 1, 1] }];

  it('counts layers, filters and channels in that order', () => {
    const rows = Array.from({ length: 8 }, (_, row) => [
      ...kernelCoordinates(layers).slice(3 * row, 3 * row + 3),
    ]);
    expect(rows).toEqual([
      [0, 0, 0],
      [0, 0, 1],
      [0, 0, 2],
      [0, 1, 0],
      [0, 1, 1],
      [0, 1, 2],
      [1, 0, 0],
      [1, 0, 1],
    ]);
    expect(kernelCount(layers)).toBe(8);
  });

  it('refuses what is not a convolution', () => {
    expect(() => kernelCount([{ shape: [10, 64] }])).toThrow(
      'Expected a layer of shape [F, C, k, k], got [10, 64]',
    );
    expect(() => kernelCount([{ shape: [8, 8, 3, 1] }])).toThrow('got [8, 8, 3, 1]');
  });
});

describe('embedValues', () => {
  it.each(reference.cases)('matches PyTorch at base $base', ({ base, levels, coordinates, embedding }) => {
    const values = coordinates.flat();
    const upTo = Float32Array.from({ length: Math.max(...values) + 1 }, (_, value) => value);
    const { shape, data } = embedValues(upTo, { base, levels });
    expect(shape).toEqual([upTo.length, 2 * levels]);
    const parts = values.flatMap(value => [...data.subarray(value * 2 * levels, (value + 1) * 2 * levels)]);
    expect(parts).toHaveLength(coordinates.length * 6 * levels);
    const worst = Math.max(...embedding.flat().map((value, i) => Math.abs(value - parts[i]!)));
    expect(worst).toBeLessThan(2e-7);
  });
});

describe('kernelEmbedding', () => {
  it('gives each kernel the coordinates of its place, and each place its kernel', () => {
    const layers = [{ shape: [1, 2, 3, 3] }, { shape: [2, 1, 3, 3] }];
    const embedding = kernelEmbedding(layers, Uint32Array.of(1, 0, 3, 2), { base: 0.76, levels: 4 });
    expect(embeddingSize({ base: 0.76, levels: 4 })).toBe(24);
    expect(embeddingSize({ base: 0.76, levels: 4, fusion: 'sum' })).toBe(8);
    const { code } = embedding;
    if (code.kind !== 'separate') throw new Error('Expected each coordinate to be embedded by itself');
    expect(code.coordinates.map(column => [...column])).toEqual([
      [0, 0, 1, 1],
      [0, 0, 1, 0],
      [1, 0, 0, 0],
    ]);
    expect(code.values.shape).toEqual([2, 8]);
    for (const [kernel, place] of embedding.places.entries()) {
      expect(embedding.kernels[place]).toBe(kernel);
    }
  });
});
