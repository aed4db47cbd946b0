import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { cifarValues as imageSize } from '../../src/data/cifar-binary.ts';
import { proceduralImages, proceduralSha256 } from '../../src/data/procedural.ts';

const sha256 = (...parts: NodeJS.ArrayBufferView[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

const train = proceduralImages('train');
const held = proceduralImages('test');

// The embedded network was trained on these bytes, and results are kept under them: a change here makes its accuracy
// meaningless, and needs the new sha256, under which nothing is kept.
test('the set is the same, byte for byte, wherever it is made', () => {
  expect(sha256(train.pixels, train.labels)).toBe(proceduralSha256.train);
  expect(sha256(held.pixels, held.labels)).toBe(proceduralSha256.test);
});

test('the set has 10,000 training and 2,000 test images, ten classes of equal size', () => {
  expect(train).toMatchObject({ count: 10_000, channels: 3, height: 32, width: 32, classes: 10 });
  expect(held).toMatchObject({ count: 2_000, channels: 3, height: 32, width: 32, classes: 10 });
  for (const { labels, count, pixels } of [train, held]) {
    expect(pixels.length).toBe(count * imageSize);
    const sizes = Array.from({ length: 10 }, (_, label) => labels.filter(l => l === label).length);
    expect(new Set(sizes)).toEqual(new Set([count / 10]));
  }
});

test('a limit gives the first images of the whole set', () => {
  const some = proceduralImages('test', 25);
  expect(some.count).toBe(25);
  expect(some.labels).toEqual(held.labels.slice(0, 25));
  expect(Buffer.from(some.pixels).equals(held.pixels.subarray(0, 25 * imageSize))).toBe(true);
});

test('no image is in the set twice', () => {
  const seen = new Set<string>();
  for (const { pixels, count } of [train, held]) {
    for (let i = 0; i < count; i++) seen.add(sha256(pixels.subarray(i * imageSize, (i + 1) * imageSize)));
  }
  expect(seen.size).toBe(12_000);
});

test('the mean image of a class tells nothing: the nearest of them is right in less than one case in five', () => {
  const means = Array.from({ length: 10 }, () => new Float64Array(imageSize));
  for (let i = 0; i < train.count; i++) {
    const mean = means[train.labels[i]!]!;
    for (let j = 0; j < imageSize; j++) mean[j]! += train.pixels[i * imageSize + j]! / (train.count / 10);
  }
  let right = 0;
  const tested = 500;
  for (let i = 0; i < tested; i++) {
    const distances = means.map(mean => {
      let sum = 0;
      for (let j = 0; j < imageSize; j++) sum += (held.pixels[i * imageSize + j]! - mean[j]!) ** 2;
      return sum;
    });
    if (distances.indexOf(Math.min(...distances)) === held.labels[i]) right++;
  }
  expect(right / tested).toBeLessThan(0.2);
});
