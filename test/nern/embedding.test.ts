import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { kernelCoordinates, kernelCount } from '../../src/nern/coordinates.ts';
import { embed, embeddingSize } from '../../src/nern/embedding.ts';

interface Reference {
  cases: { base: number; levels: number; coordinates: number[][]; embedding: number[][] }[];
}

const fixture = new URL('../fixtures/nern/embedding.json', import.meta.url);
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

describe('embed', () => {
  it.each(reference.cases)('matches PyTorch at base $base', ({ base, levels, coordinates, embedding }) => {
    const table = embed(Int32Array.from(coordinates.flat()), { base, levels });
    expect(table.shape).toEqual([coordinates.length, embeddingSize({ base, levels })]);
    const expected = embedding.flat();
    const worst = Math.max(...expected.map((value, i) => Math.abs(value - table.data[i]!)));
    expect(expected).toHaveLength(table.data.length);
    expect(worst).toBeLessThan(2e-7);
  });

  it('gives equal coordinates equal parts wherever they stand', () => {
    const { data } = embed(Int32Array.of(5, 7, 5), { base: 0.76, levels: 4 });
    expect(data.slice(16, 24)).toEqual(data.slice(0, 8));
    expect(data.slice(8, 16)).not.toEqual(data.slice(0, 8));
  });
});
