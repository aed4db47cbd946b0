import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { centre, inception, randomCrop, resized } from '../../src/data/crop.ts';
import { decodeBox, decodeCentre, decodeRandom, type RandomView, whyBroken } from '../../src/data/decode.ts';
import { createRandom } from '../../src/random.ts';
import { failureOf, newFolder } from '../support/files.ts';

/** What PIL and torchvision make of pictures (bench/peers/image_reference.py). */
const folder = 'test/fixtures/data';
const reference = JSON.parse(readFileSync(join(folder, 'images.json'), 'utf8'));
const { pictures } = reference;
const centres: { size: number[]; scaled: number[]; top: number; left: number }[] = reference.centres;
const fallbacks: { size: [number, number]; box: number[] }[] = reference.fallbacks;
const interpolation = 'bilinear';
const names = Object.keys(pictures.files);
/** Flips and crops, as `augment: true` has them. */
const view: RandomView = { size: 16, crop: inception, interpolation: 'bilinear', flip: 0.5 };
const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));

describe('a picture is what torchvision makes of it', () => {
  test.each(names)('%s, resized and its centre', async name => {
    const found = await decodeCentre(join(folder, name), { ...pictures, interpolation });
    expect(Buffer.compare(found, bytes(pictures.files[name].centre))).toBe(0);
  });

  test.each(names)('%s, parts of it resized', async name => {
    const { size, boxes } = pictures.files[name];
    const inside = pictures.boxes.filter(([top, left, height, width]: number[]) => {
      return top! + height! <= size[1] && left! + width! <= size[0];
    });
    expect(boxes.length).toBe(inside.length);
    for (const [i, [top, left, height, width]] of inside.entries()) {
      const box = { top, left, height, width };
      const found = await decodeBox(join(folder, name), box, pictures.size, interpolation);
      expect(Buffer.compare(found, bytes(boxes[i]))).toBe(0);
    }
  });

  test.each(centres)('$size is scaled to $scaled and cut at $top, $left', ({ size, scaled, top, left }) => {
    const found = resized({ width: size[0]!, height: size[1]! }, 256);
    expect(found).toEqual({ width: scaled[0], height: scaled[1] });
    expect(centre(found, 225)).toMatchObject({ top, left });
  });
});

describe('a random crop', () => {
  test.each(fallbacks)('of $size, in which none fits, is $box', ({ size, box }) => {
    const [top, left, height, width] = box;
    const [w, h] = size;
    expect(randomCrop({ width: w, height: h }, createRandom(1, 'crop'), inception)).toEqual({
      top,
      left,
      height,
      width,
    });
  });

  test('takes 8 to 100 % of the area, 3:4 to 4:3, anywhere', () => {
    const random = createRandom(0, 'crop');
    const crops = Array.from({ length: 4000 }, () =>
      randomCrop({ width: 500, height: 375 }, random, inception),
    );
    const shares = crops.map(({ width, height }) => (width * height) / (500 * 375));
    const ratios = crops.map(({ width, height }) => Math.log(width / height));
    for (const { left, top, width, height } of crops) {
      expect(left >= 0 && top >= 0 && left + width <= 500 && top + height <= 375).toBe(true);
    }
    expect(Math.min(...shares)).toBeGreaterThan(0.078);
    expect(Math.max(...ratios.map(Math.abs))).toBeLessThan(Math.log(4 / 3) + 0.02);
    // Large ones that do not fit are drawn again: torchvision's mean over 100,000 draws is 0.487 and 0.037.
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    expect(Math.abs(mean(shares) - reference.crops.share)).toBeLessThan(0.015);
    expect(Math.abs(mean(ratios) - reference.crops.ratio)).toBeLessThan(0.015);
    expect(Math.abs(mean(crops.map(({ left, width }) => left / (501 - width))) - 0.5)).toBeLessThan(0.02);
  });

  test('follows from its seed, and is flipped in half of the cases', async () => {
    const file = join(folder, 'colour.png');
    const views = await Promise.all(Array.from({ length: 40 }, (_, seed) => decodeRandom(file, view, seed)));
    expect(await decodeRandom(file, view, 7)).toEqual(views[7]);
    // Green rises from left to right.
    const flipped = views.filter(view => view[8 * 48 + 1]! > view[8 * 48 + 46]!);
    expect(flipped.length).toBeGreaterThan(10);
    expect(flipped.length).toBeLessThan(30);
  });

  test('is flipped as often as it is told, and resized as it is told', async () => {
    const file = join(folder, 'colour.png');
    const seen = (changes: Partial<RandomView>, seed: number) =>
      decodeRandom(file, { ...view, ...changes }, seed);
    const places = Array.from({ length: 16 * 16 }, (_, at) => 3 * (at - (at % 16) + 15 - (at % 16)));
    for (const seed of [1, 2, 3]) {
      const [never, always] = [await seen({ flip: 0 }, seed), await seen({ flip: 1 }, seed)];
      expect([...always]).toEqual(places.flatMap(at => [...never.subarray(at, at + 3)]));
    }
    const ways = await Promise.all(
      Array.from({ length: 30 }, async (_, seed) => {
        const random = Buffer.from(await seen({ interpolation: 'random' }, seed));
        const bicubic = await seen({ interpolation: 'bicubic' }, seed);
        if (random.equals(bicubic)) return 'bicubic';
        return random.equals(await seen({ interpolation: 'bilinear' }, seed)) ? 'bilinear' : 'neither';
      }),
    );
    expect(new Set(ways)).toEqual(new Set(['bilinear', 'bicubic']));
    expect(ways.filter(way => way === 'bicubic').length).toBeGreaterThan(7);
    expect(ways.filter(way => way === 'bicubic').length).toBeLessThan(23);
  });
});

describe('a file that is no whole picture', () => {
  const whole = readFileSync(join(folder, 'colour.jpg'));
  const broken = {
    'cut.jpg': whole.subarray(0, whole.length / 2),
    'empty.jpg': Buffer.alloc(0),
    'text.jpg': 'a picture, they said',
    'vector.png':
      '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64"/></svg>',
  };
  let root = '';
  beforeAll(async () => {
    root = newFolder(broken);
    writeFileSync(join(root, 'whole.jpg'), whole);
  });

  test.each(Object.keys(broken))('%s is refused by name', async name => {
    const file = join(root, name);
    for (const decode of [
      () => decodeCentre(file, { ...pictures, interpolation }),
      () => decodeRandom(file, view, 1),
    ]) {
      const failure = await failureOf(decode());
      expect(failure).toMatchObject({
        kind: 'data',
        details: { file },
        hint: expect.stringContaining('data.corrupt'),
      });
      expect(failure.message).toContain(`Expected ${file} to be an image that can be decoded, got: `);
    }
    expect(await whyBroken(file)).toEqual(expect.any(String));
    expect(await whyBroken(join(root, 'whole.jpg'))).toBeUndefined();
  });
});
