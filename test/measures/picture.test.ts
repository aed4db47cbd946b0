import { describe, expect, test } from 'vitest';
import { kernelGrid } from '../../src/measures/kernel-grid.ts';
import { drawStrips } from '../../src/measures/picture.ts';

describe('a picture of tables', () => {
  const draw = (rows: number[][]) => drawStrips([{ title: 'a & b', panels: [{ title: '<left>', rows }] }]);

  test('has a pixel for each number, black for the lowest and white for the highest', () => {
    const picture = draw([
      [1, 3],
      [3, 2],
    ]);
    expect(picture).toContain('<path stroke="#000000" d="M0 0.5h1"/>');
    expect(picture).toContain('<path stroke="#ffffff" d="M1 0.5h1M0 1.5h1"/>');
    expect(picture).toContain('viewBox="0 0 2 2"');
    expect(picture).toContain('a &#38; b, 1.00 to 3.00');
    expect(picture).toContain('&#60;left&#62;');
  });

  test('leaves out what is no number', () => {
    expect(draw([[Number.NaN, 1]]).match(/<path/g)).toHaveLength(1);
    expect(draw([[Number.NaN]])).not.toContain('<path');
    expect(draw([])).toContain('</svg>');
  });
});

test('a grid of kernels has filters down, channels across, and space between them', () => {
  const data = Float32Array.from({ length: 16 }, (_, i) => i);
  const gap = Number.NaN;
  const grid = kernelGrid({ name: 'layer', shape: [2, 2, 2, 2], data });
  expect(grid).toEqual([
    [0, 1, gap, 4, 5],
    [2, 3, gap, 6, 7],
    [gap, gap, gap, gap, gap],
    [8, 9, gap, 12, 13],
    [10, 11, gap, 14, 15],
  ]);
  expect(kernelGrid({ name: 'layer', shape: [2, 2, 2, 2], data }, 1)).toEqual([
    [0, 1],
    [2, 3],
  ]);
});
