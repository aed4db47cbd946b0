import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBatches, startOfData } from '../../src/data/batches.ts';
import { cifarValues as imageSize } from '../../src/data/cifar-binary.ts';
import type { Images } from '../../src/data/images.ts';
import { normalizations, normalizationTable, normalizeImages } from '../../src/data/normalize.ts';
import { proceduralImages } from '../../src/data/procedural.ts';

const normalization = normalizations.cifar10;
const images = proceduralImages('train', 37);
/** Of the same size, each image labelled with its index. */
const indexed: Images = { ...images, labels: Uint8Array.from({ length: 37 }, (_, i) => i) };

function drawn(options: { batch: number; batches: number; augment: boolean; seed: number }) {
  const batches = createBatches({ images: indexed, normalization, ...options }, startOfData(options.seed));
  const pixels = new Float32Array(options.batch * imageSize);
  const labels = new Uint8Array(options.batch);
  const all: number[] = [];
  for (let i = 0; i < options.batches; i++) {
    batches.next(pixels, labels);
    all.push(...labels);
  }
  return { all, pixels };
}

test('each epoch holds every image once, in another order, also when batches cross its end', () => {
  const { all } = drawn({ batch: 8, batches: 14, augment: false, seed: 1 });
  const epochs = [all.slice(0, 37), all.slice(37, 74), all.slice(74, 111)];
  for (const epoch of epochs) expect([...epoch].sort((a, b) => a - b)).toEqual([...indexed.labels]);
  expect(epochs[0]).not.toEqual(epochs[1]);
  expect(epochs[1]).not.toEqual(epochs[2]);
});

test('a batch may be larger than the set', () => {
  const { all } = drawn({ batch: 100, batches: 1, augment: true, seed: 1 });
  expect(new Set(all.slice(0, 37)).size).toBe(37);
});

test('the order does not depend on whether images are augmented', () => {
  const options = { batch: 10, batches: 9, seed: 5 };
  expect(drawn({ ...options, augment: true }).all).toEqual(drawn({ ...options, augment: false }).all);
});

test('batches made from a saved state go on with the same bytes', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 0, max: 12 }),
      (seed, batch, skip) => {
        const options = { images: indexed, normalization, augment: true, batch };
        const straight = createBatches(options, startOfData(seed));
        const expected = new Float32Array(batch * imageSize);
        for (let i = 0; i < skip; i++) straight.next(expected);
        const resumed = createBatches(options, JSON.parse(JSON.stringify(straight.state())));
        const found = new Float32Array(batch * imageSize);
        for (let i = 0; i < 3; i++) {
          straight.next(expected);
          resumed.next(found);
          expect(Buffer.from(found.buffer).equals(Buffer.from(expected.buffer))).toBe(true);
        }
      },
    ),
    { numRuns: 25 },
  );
});

test('without augmentation a batch is the normalised images', () => {
  const { all, pixels } = drawn({ batch: 5, batches: 1, augment: false, seed: 3 });
  const expected = new Float32Array(imageSize);
  const table = normalizationTable(normalization);
  all.forEach((index, i) => {
    const bytes = indexed.pixels.subarray(index * imageSize, (index + 1) * imageSize);
    normalizeImages(bytes, 1024, table, expected);
    expect(pixels.slice(i * imageSize, (i + 1) * imageSize)).toEqual(expected);
  });
});

test('augmentation is one of the 162 flipped crops of the image padded with black, all of them equally often', () => {
  // The image encodes its own coordinates: red is the row + 1, green the column + 1, so black is only padding.
  const pixels = new Uint8Array(imageSize);
  for (let i = 0; i < 1024; i++) {
    pixels[i] = Math.floor(i / 32) + 1;
    pixels[1024 + i] = (i % 32) + 1;
  }
  const one: Images = { ...images, count: 1, pixels, labels: Uint8Array.of(0) };
  const plain = { mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] };
  const batches = createBatches(
    { images: one, normalization: plain, augment: true, batch: 1 },
    startOfData(0),
  );
  const into = new Float32Array(imageSize);
  const views = new Map<string, number>();
  for (let n = 0; n < 16_200; n++) {
    batches.next(into);
    const at = (channel: number, row: number, column: number) =>
      Math.round(into[channel * 1024 + row * 32 + column]!);
    const flip = at(1, 16, 16) > at(1, 16, 17);
    const down = at(0, 16, 16) - 17;
    const right = flip ? 16 - at(1, 16, 16) : at(1, 16, 16) - 17;
    const key = `${flip} ${down} ${right}`;
    if (!views.has(key)) {
      let wrong = 0;
      for (let row = 0; row < 32; row++) {
        for (let column = 0; column < 32; column++) {
          const [y, x] = [row + down, column + right];
          const inside = y >= 0 && y < 32 && x >= 0 && x < 32;
          if (at(0, row, column) !== (inside ? y + 1 : 0)) wrong++;
          if (at(1, row, column) !== (inside ? (flip ? 32 - x : x + 1) : 0)) wrong++;
        }
      }
      expect([key, wrong]).toEqual([key, 0]);
    }
    views.set(key, (views.get(key) ?? 0) + 1);
  }
  expect(views.size).toBe(2 * 9 * 9);
  // Expected 100 each; chi-squared with 161 degrees of freedom stays under 220 in 999 of 1000 cases.
  expect([...views.values()].reduce((sum, n) => sum + (n - 100) ** 2 / 100, 0)).toBeLessThan(220);
});

test('padding is a black pixel before normalisation', () => {
  const white: Images = {
    ...images,
    count: 1,
    pixels: new Uint8Array(imageSize).fill(255),
    labels: Uint8Array.of(0),
  };
  const batches = createBatches({ images: white, normalization, augment: true, batch: 40 }, startOfData(2));
  const into = new Float32Array(40 * imageSize);
  batches.next(into);
  const table = normalizationTable(normalization);
  expect(new Set(into)).toEqual(new Set([0, 255, 256, 511, 512, 767].map(i => table[i])));
});
