import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { readArrays, readTask } from '../../src/data/arrays.ts';
import { openNpy } from '../../src/data/npy.ts';
import { failureOf, newFolder } from '../support/files.ts';
import { npy, npyLabels } from '../support/npy.ts';

/** Value of a pixel of image i, so that each tells where it comes from. */
const pixel = (i: number, channel: number, row: number, column: number) =>
  (i * 101 + channel * 53 + row * 7 + column) % 256;

const [count, height, width] = [3, 4, 5];

/** The images with their axes in an order, `nhwc`; a channel of 1 where there is but one. */
function arrayOf(axes: string, channels = 3): Buffer {
  const sizes: Record<string, number> = { n: count, h: height, w: width, c: channels };
  const shape = [...axes].map(axis => sizes[axis]!);
  const bytes = Buffer.alloc(shape.reduce((a, b) => a * b, 1));
  for (let at = 0; at < bytes.length; at++) {
    const index: Record<string, number> = { c: 0 };
    let rest = at;
    for (let d = axes.length - 1; d >= 0; d--) {
      index[axes[d]!] = rest % shape[d]!;
      rest = Math.floor(rest / shape[d]!);
    }
    bytes[at] = pixel(index.n!, index.c!, index.h!, index.w!);
  }
  return npy('|u1', shape, bytes);
}

const labels = npyLabels([0, 6, 2]);

const read = async (images: Buffer, ofLabels = labels, limit?: number) => {
  const root = newFolder({ 'x.npy': images, 'y.npy': ofLabels });
  return readArrays({ images: join(root, 'x.npy'), labels: join(root, 'y.npy') }, 'test', limit);
};

describe('images of numpy', () => {
  test.each([
    ['nhwc', 3],
    ['nchw', 3],
    ['nhw', 1],
    ['nhwc', 1],
    ['nchw', 1],
  ])('are read from the layout %s with %i channels', async (axes, channels) => {
    const images = await read(arrayOf(axes, channels));
    expect(images).toMatchObject({ count, channels: 3, height, width, classes: 7 });
    expect([...images.labels]).toEqual([0, 6, 2]);
    const expected: number[] = [];
    for (let i = 0; i < count; i++)
      for (let c = 0; c < 3; c++)
        for (let row = 0; row < height; row++)
          for (let column = 0; column < width; column++)
            expected.push(pixel(i, channels === 1 ? 0 : c, row, column));
    expect([...images.pixels]).toEqual(expected);
  });

  test('are as many as the limit says; the classes are those of all labels', async () => {
    const images = await read(arrayOf('nhwc'), labels, 1);
    expect(images).toMatchObject({ count: 1, classes: 7 });
    expect(images.pixels.length).toBe(3 * height * width);
  });

  test.each(['<u1', '|i1', '<i2', '>i4', '<u4', '>i8'])('have labels of type %s', async type => {
    const size = Number(type[2]);
    const bytes = Buffer.alloc(3 * size);
    for (const [i, label] of [0, 6, 2].entries())
      bytes[type[0] === '>' ? (i + 1) * size - 1 : i * size] = label;
    const images = await read(arrayOf('nhwc'), npy(type, [3, 1], bytes));
    expect([...images.labels]).toEqual([0, 6, 2]);
  });

  test.each([
    ['floats', npy('<f4', [1, 4, 5, 3], Buffer.alloc(240)), labels, 'to hold images of bytes'],
    [
      'of five axes',
      npy('|u1', [1, 1, 4, 5, 3], Buffer.alloc(60)),
      labels,
      'got `|u1` of shape [1, 1, 4, 5, 3]',
    ],
    ['of four channels', npy('|u1', [1, 4, 5, 4], Buffer.alloc(80)), labels, 'to hold images of bytes'],
    ['none', npy('|u1', [0, 4, 5, 3], Buffer.alloc(0)), labels, 'to hold images of bytes'],
    ['in columns', npy('|u1', [3, 4, 5, 3], Buffer.alloc(180), 'True'), labels, 'row-major order'],
    ['cut short', arrayOf('nhwc').subarray(0, 200), labels, '180 bytes of shape [3, 4, 5, 3]'],
    [
      'no array',
      Buffer.from('images, they said'),
      labels,
      'an array of numpy (.npy), got another kind of file',
    ],
    ['objects', npy('|O', [3], Buffer.alloc(24)), labels, 'to hold images of bytes'],
    ['without all labels', arrayOf('nhwc'), npyLabels([1, 2]), 'a label for each of 3 images, got shape [2]'],
    ['with a label below 0', arrayOf('nhwc'), npyLabels([1, -2, 0]), '`-2` at index 1'],
    ['with labels that are floats', arrayOf('nhwc'), npy('<f4', [3], Buffer.alloc(12)), 'to hold integers'],
  ])('that are %s are refused by the name of the file', async (_, images, ofLabels, message) => {
    const failure = await failureOf(read(images, ofLabels));
    expect(failure).toMatchObject({ kind: 'data', message: expect.stringContaining(message) });
    expect(failure.message).toMatch(/[xy]\.npy/);
  });
});

describe('an archive of numpy', () => {
  test.each([
    ['stored', 0, { 'images.npy': arrayOf('nhwc'), 'labels.npy': labels }],
    ['packed', 6, { 'x_test.npy': arrayOf('nhwc'), 'y_test.npy': labels, 'x_train.npy': labels }],
  ] as const)('has both, %s', async (_, level, entries) => {
    const root = newFolder({ 'all.npz': zipSync(entries, { level }) });
    const images = await readArrays({ images: join(root, 'all.npz') }, 'test');
    expect(images).toMatchObject({ count, height, width, classes: 7 });
    expect(images.pixels[1]).toBe(pixel(0, 0, 0, 1));
    expect(await readTask({ images: join(root, 'all.npz') }, 'test')).toEqual({ height, width, classes: 7 });
  });

  test('that lacks one says what it was looked for as, and what is there', async () => {
    const root = newFolder({ 'all.npz': zipSync({ 'pictures.npy': arrayOf('nhwc') }) });
    const failure = await failureOf(readArrays({ images: join(root, 'all.npz') }, 'train'));
    expect(failure.message).toContain('`train_images` or `images`');
    expect(failure.message).toContain('found `pictures`');
  });

  test('that is damaged is refused by name', async () => {
    const bytes = zipSync({ 'images.npy': arrayOf('nhwc'), 'labels.npy': labels });
    const root = newFolder({ 'all.npz': bytes.fill(0xff, 60, 120), 'cut.npz': bytes.subarray(0, 90) });
    for (const name of ['all.npz', 'cut.npz']) {
      const failure = await failureOf(readArrays({ images: join(root, name) }, 'test'));
      expect(failure).toMatchObject({ kind: 'data', message: expect.stringContaining(name) });
    }
  });

  test('that is no file is refused by name', async () => {
    const root = newFolder({ 'folder.npz/images.npy': arrayOf('nhwc') });
    for (const [name, message] of [
      ['folder.npz', 'to be a file, got a folder'],
      ['none.npz', 'found none'],
    ] as const) {
      const failure = await failureOf(readArrays({ images: join(root, name) }, 'test'));
      expect(failure).toMatchObject({ kind: 'data', message: expect.stringContaining(message) });
      expect(failure.message).toContain(name);
    }
  });
});

test('what numpy itself writes is read (bench/peers/image_reference.py)', async () => {
  const folder = 'test/fixtures/data';
  const expected = JSON.parse(readFileSync(join(folder, 'images.json'), 'utf8'));
  for (const name of ['stored.npz', 'packed.npz']) {
    const images = await readArrays({ images: join(folder, name) }, 'test');
    expect([...images.pixels]).toEqual(expected.arrays.pixels);
    expect([...images.labels]).toEqual(expected.arrays.labels);
  }
});

test('a header of any bytes is read or refused, never more', async () => {
  const root = newFolder();
  const { writeFile } = await import('node:fs/promises');
  const file = join(root, 'any.npy');
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), fc.nat({ max: 120 }), async (noise, at) => {
      const bytes = Buffer.from(arrayOf('nhwc'));
      bytes.set(noise.subarray(0, Math.max(0, bytes.length - at)), at);
      await writeFile(file, bytes);
      const outcome = await openNpy(file).catch(error => error);
      if (outcome instanceof Error) expect(outcome).toMatchObject({ name: 'Failure', kind: 'data' });
      else expect(outcome.shape.every((n: number) => Number.isSafeInteger(n))).toBe(true);
    }),
    { numRuns: 60 },
  );
});
