import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Augmentation, meanColour } from '../../src/data/augment/augmentation.ts';
import type { Mixing } from '../../src/data/augment/mix.ts';
import { openBatches } from '../../src/data/batch-maker.ts';
import { startOfData } from '../../src/data/batches.ts';
import type { Images } from '../../src/data/images.ts';
import { viewOf } from '../../src/data/memory-view.ts';
import { normalizations } from '../../src/data/normalize.ts';

const [batch, plane] = [8, 32 * 32];
const values = 3 * plane;
/** Values of pixels as they are, so that bytes can be told. */
const plain = { mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] };

/** The second batch of images in memory. */
async function made(augment: boolean | Augmentation) {
  const maker = await openBatches(
    {
      source: { kind: 'procedural', split: 'train', limit: 40 },
      ...{ heldOut: 0, normalization: plain, augment, batch, input: [3, 32, 32] },
    },
    startOfData(3),
  );
  const pixels = new Float32Array(batch * values);
  const [labels, shares] = [new Uint16Array(batch), new Float32Array(batch)];
  await maker.fill(pixels, labels, shares);
  return { labels: [...labels], shares: [...shares], images: imagesOf(pixels) };
}

const imagesOf = (pixels: Float32Array) =>
  Array.from({ length: batch }, (_, i) => pixels.slice(i * values, (i + 1) * values).map(Math.round));

test('a view of an image in memory is what torchvision pads, flips and cuts out', () => {
  const { padded } = JSON.parse(readFileSync('test/fixtures/data/images.json', 'utf8'));
  const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));
  const image: Images = {
    count: 1,
    channels: 3,
    ...{ height: 32, width: 32, classes: 1 },
    ...{ pixels: bytes(padded.image), labels: Uint8Array.of(0) },
  };
  for (const { top, left, flip, pixels } of padded.views) {
    const found = viewOf(image, 0, { flip, down: top - 4, right: left - 4 });
    const planar = Uint8Array.from(
      { length: values },
      (_, i) => found[3 * (i % plane) + Math.floor(i / plane)]!,
    );
    expect(planar).toEqual(bytes(pixels));
  }
});

test.each(['batch', 'pair', 'elem'] as const)(
  'a batch is mixed, mode %s, image by image with the one as far from its end',
  async mode => {
    const mix: Mixing = { mixup: 0.8, cutmix: 0, probability: 1, switch: 0, mode };
    const [own, mixed] = [await made({ flip: 0.5 }), await made({ flip: 0.5, mix })];
    expect(mixed.labels).toEqual(own.labels);
    expect(own.shares).toEqual(Array.from({ length: batch }, () => 1));
    for (const [i, image] of mixed.images.entries()) {
      const [share, partner] = [mixed.shares[i]!, own.images[batch - 1 - i]!];
      const apart = image.map((value, at) =>
        Math.abs(value - (share * own.images[i]![at]! + (1 - share) * partner[at]!)),
      );
      expect(Math.max(...apart)).toBeLessThan(0.51);
    }
    expect(new Set(mixed.shares).size).toBe({ batch: 1, pair: batch / 2, elem: batch }[mode]);
  },
);

test('CutMix takes the share that it tells from the other image', async () => {
  const mix: Mixing = { mixup: 0, cutmix: 1, probability: 1, switch: 0, mode: 'elem' };
  const [own, mixed] = [await made({ flip: 0.5 }), await made({ flip: 0.5, mix })];
  for (const [i, image] of mixed.images.entries()) {
    const partner = own.images[batch - 1 - i]!;
    let foreign = 0;
    for (let at = 0; at < plane; at++) {
      const is = (of: Float32Array) =>
        [0, 1, 2].every(channel => of[channel * plane + at] === image[channel * plane + at]);
      expect(is(own.images[i]!) || is(partner)).toBe(true);
      if (!is(own.images[i]!)) foreign++;
    }
    // Where both images are alike nothing tells that it was taken.
    expect(foreign).toBeLessThanOrEqual(Math.round((1 - mixed.shares[i]!) * plane));
    expect(foreign).toBeGreaterThan((1 - mixed.shares[i]!) * plane * 0.7 - 4);
  }
});

test('each option changes some of the images, and no more than it is told to', async () => {
  const base = await made({ flip: 0.5 });
  const changedBy = async (more: Omit<Augmentation, 'flip'>) => {
    const { images, labels } = await made({ flip: 0.5, ...more });
    expect(labels).toEqual(base.labels);
    return images.filter((image, i) => !Buffer.from(image.buffer).equals(Buffer.from(base.images[i]!.buffer)))
      .length;
  };
  const randAugment = { magnitude: 7, std: 0.5, layers: 2, probability: 0.5, increasing: true };
  const jitter = { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0 };
  expect(await changedBy({})).toBe(0);
  expect(await changedBy({ jitter })).toBe(batch);
  expect(await changedBy({ jitter: { brightness: 0, contrast: 0, saturation: 0, hue: 0 } })).toBe(0);
  // Some operations leave some images as they are: autoContrast one that has the whole range.
  expect(await changedBy({ randAugment: { ...randAugment, probability: 1 } })).toBeGreaterThan(batch / 2);
  expect(await changedBy({ randAugment: { ...randAugment, probability: 1e-9 } })).toBe(0);
  expect(await changedBy({ erase: { probability: 1, mode: 'pixel', count: 1 } })).toBe(batch);
  expect(await changedBy({ erase: { probability: 1e-9, mode: 'pixel', count: 1 } })).toBe(0);
});

test('what is moved leaves the mean colour behind, as Python rounds it', () => {
  expect(meanColour(normalizations.imagenet)).toEqual([124, 116, 104]);
  expect(meanColour({ mean: [2, 0, 0.5], std: [1, 1, 1] })).toEqual([255, 0, 128]);
});
