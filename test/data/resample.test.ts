import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { centre, resized } from '../../src/data/crop.ts';
import { resample, type View } from '../../src/data/resample.ts';
import type { Interpolation } from '../../src/data/taps.ts';

/** What torchvision makes of pictures of many sizes (bench/peers/image_sizes_reference.py). */
interface Case {
  readonly interpolation: Interpolation;
  readonly size: [width: number, height: number];
  readonly sha256: string;
}
const { centres, boxes, stretches } = JSON.parse(readFileSync('test/fixtures/data/sizes.json', 'utf8')) as {
  centres: (Case & { resize: number; cut: number })[];
  boxes: (Case & { box: [top: number, left: number, height: number, width: number]; side: number })[];
  stretches: (Case & { to: [width: number, height: number] })[];
};

/** Slopes, hard edges and something like noise, by the formula of the script. */
function picture([width, height]: Case['size']) {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isEdge = (Math.floor(x / 5) + Math.floor(y / 3)) % 4 === 0;
      for (let c = 0; c < 3; c++)
        data[i++] = isEdge ? ((x + c) % 2) * 255 : (37 * x + 91 * y + 53 * c + Math.floor((x * y) / 4)) % 256;
    }
  }
  return { width, height, data };
}

const whole = (width: number, height: number) => ({ left: 0, top: 0, width, height });
const hashOf = (size: Case['size'], view: View) => hash('sha256', resample(picture(size), view));

describe('a picture is to the last bit what torchvision makes of it', () => {
  test.each(centres)('$interpolation: $size resized to $resize, its centre of $cut', one => {
    const scaled = resized({ width: one.size[0], height: one.size[1] }, one.resize);
    const view = { box: whole(...one.size), resized: scaled, part: centre(scaled, one.cut) };
    expect(hashOf(one.size, { ...view, interpolation: one.interpolation })).toBe(one.sha256);
  });

  test.each(boxes)('$interpolation: $box of $size resized to $side', ({ box, side, ...one }) => {
    const [top, left, height, width] = box;
    const part = whole(side, side);
    const view = { box: { top, left, height, width }, resized: part, part };
    expect(hashOf(one.size, { ...view, interpolation: one.interpolation })).toBe(one.sha256);
  });

  test.each(stretches)('$interpolation: $size stretched to $to', ({ to, ...one }) => {
    const view = { box: whole(...one.size), resized: whole(...to), part: whole(...to) };
    expect(hashOf(one.size, { ...view, interpolation: one.interpolation })).toBe(one.sha256);
  });
});

test('a picture of more than is taken at a time is the same in one part and in several', () => {
  const size: Case['size'] = [3000, 700];
  const to = { width: 50, height: 40 };
  const all = resample(picture(size), {
    ...{ box: whole(...size), resized: to, part: whole(50, 40), interpolation: 'bicubic' },
  });
  for (const [x, y] of [
    [0, 0],
    [49, 39],
    [20, 21],
  ] as const) {
    const part = { left: x, top: y, width: 1, height: 1 };
    const pixel = resample(picture(size), {
      ...{ box: whole(...size), resized: to, part, interpolation: 'bicubic' },
    });
    const at = 3 * (50 * y + x);
    expect([...pixel]).toEqual([...all.subarray(at, at + 3)]);
  }
});
