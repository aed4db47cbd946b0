import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Augmentation } from '../../src/data/augment/augmentation.ts';
import { type BatchesOrder, openBatches } from '../../src/data/batch-maker.ts';
import { createBatches, startOfData } from '../../src/data/batches.ts';
import { type Feed, openFeed } from '../../src/data/feed.ts';
import { divide } from '../../src/data/held-out.ts';
import { normalizations } from '../../src/data/normalize.ts';
import { proceduralImages } from '../../src/data/procedural.ts';
import { failureOf, newFolder } from '../support/files.ts';

const [batch, values] = [8, 3 * 32 * 32];
const common = { heldOut: 0, normalization: normalizations.cifar10, augment: true, batch };
const procedural: BatchesOrder = {
  ...common,
  source: { kind: 'procedural', split: 'train', limit: 40 },
  input: [3, 32, 32],
};
const noise: BatchesOrder = {
  ...common,
  source: { kind: 'noise', distribution: 'uniform', scale: 2 },
  input: [3, 32, 32],
};
/** All that can be done to images. */
const everything: Augmentation = {
  flip: 0.5,
  interpolation: 'random',
  randAugment: { magnitude: 7, std: 0.5, layers: 2, probability: 0.9, increasing: true },
  jitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 },
  mix: { mixup: 0.8, cutmix: 1, probability: 1, switch: 0.5, mode: 'elem' },
  erase: { probability: 0.5, mode: 'pixel', count: 1 },
};
let folder: BatchesOrder;

beforeAll(async () => {
  const files: Record<string, Uint8Array> = {};
  for (const name of ['a/1', 'a/2', 'b/1', 'b/2', 'c/1']) {
    const tint = { r: name.charCodeAt(0), g: name.charCodeAt(2) * 4, b: 90 };
    const picture = sharp({ create: { width: 70, height: 50, channels: 3, background: tint } });
    files[`${name}.jpg`] = await picture.jpeg().toBuffer();
  }
  folder = {
    ...common,
    source: {
      ...{ kind: 'folder', folder: newFolder(files), size: 24, resize: 28 },
      ...{ interpolation: 'bilinear', corrupt: 'refuse' },
    },
    input: [3, 24, 24],
  };
});

const opened: Feed[] = [];
const open = (...call: Parameters<typeof openFeed>) => {
  const feed = openFeed(...call);
  opened.push(feed);
  return feed;
};
afterEach(() => Promise.all(opened.splice(0).map(feed => feed.close())));

/** The next batches, copied. */
async function take(feed: Feed, count: number) {
  const batches = [];
  for (let i = 0; i < count; i++) {
    const { pixels, labels, shares, state } = await feed.next();
    batches.push({
      ...{ pixels: Buffer.from(pixels.buffer.slice(0)), labels: [...labels], shares: [...shares], state },
    });
  }
  return batches;
}

/** Keeps this thread busy, as an engine does, so that batches are made ahead. */
function block(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

describe('a feed', () => {
  const orders = {
    procedural: () => procedural,
    folder: () => folder,
    noise: () => noise,
    'augmented images in memory': () => ({ ...procedural, augment: everything }),
    'augmented images in files': () => ({ ...folder, augment: everything }),
  };

  test.each(Object.keys(orders) as (keyof typeof orders)[])(
    'of %s gives the same bytes whenever it is asked, and goes on from any state',
    async name => {
      const order = orders[name]();
      const straight = await take(open(order, startOfData(3)), 7);
      const slow = open(order, startOfData(3));
      for (const expected of straight.slice(0, 3)) {
        block(15);
        expect((await take(slow, 1))[0]).toEqual(expected);
      }
      const state = JSON.parse(JSON.stringify(straight[3]!.state));
      expect(await take(open(order, state), 3)).toEqual(straight.slice(4));
    },
  );

  test('gives what batches made in this thread are', async () => {
    const batches = createBatches(
      { ...procedural, augment: true, images: proceduralImages('train', 40) },
      startOfData(1),
    );
    const pixels = new Float32Array(batch * values);
    for (const found of await take(open(procedural, startOfData(1)), 6)) {
      batches.next(pixels);
      expect(found.pixels.equals(Buffer.from(pixels.buffer))).toBe(true);
      expect(found.state).toEqual(batches.state());
    }
  });

  test('has batches ready when the thread was busy, and counts what was waited for', async () => {
    const feed = open(procedural, startOfData(1));
    await feed.next();
    for (let i = 0; i < 5; i++) {
      block(30);
      await feed.next();
    }
    expect(feed.waited()).toBeLessThan(5 * 30);
  });

  test('fails with what is wrong with the images', async () => {
    const missing = open(
      { ...procedural, source: { kind: 'cifar10', root: '/nowhere', split: 'train' } },
      startOfData(0),
    );
    expect(await failureOf(missing.next())).toMatchObject({
      name: 'Failure',
      kind: 'data',
      message: expect.stringContaining('/nowhere'),
      hint: expect.any(String),
    });
    const other = open({ ...procedural, input: [3, 64, 64] }, startOfData(0));
    expect((await failureOf(other.next())).message).toContain('images of 64x64 pixels');
  });

  test('names the image that cannot be decoded', async () => {
    const root = newFolder({ 'a/1.jpg': 'no picture' });
    const feed = open({ ...folder, source: { ...folder.source, folder: root } as never }, startOfData(0));
    expect(await failureOf(feed.next())).toMatchObject({
      kind: 'data',
      message: expect.stringContaining(join(root, 'a/1.jpg')),
    });
  });

  test('that is closed ends its thread, also while it works', async () => {
    const feed = openFeed(folder, startOfData(0));
    await feed.next();
    await feed.close();
  });
});

test('noise is even in its range, or normal', async () => {
  const draw = async (distribution: 'uniform' | 'gaussian', scale: number) => {
    const order = { ...noise, source: { kind: 'noise', distribution, scale } as const };
    const into = new Float32Array(batch * values);
    await (await openBatches(order, startOfData(0))).fill(into, new Uint16Array(batch));
    return [...into];
  };
  const moment = (draws: number[], power: number) =>
    draws.reduce((sum, x) => sum + x ** power, 0) / draws.length;
  const uniform = await draw('uniform', 2);
  expect(Math.max(...uniform.map(Math.abs))).toBeLessThanOrEqual(2);
  expect(Math.max(...uniform)).toBeGreaterThan(1.999);
  expect(Math.abs(moment(uniform, 1))).toBeLessThan(0.02);
  expect(moment(uniform, 2)).toBeCloseTo(4 / 3, 1);
  const gaussian = await draw('gaussian', 0.5);
  expect(Math.abs(moment(gaussian, 1))).toBeLessThan(0.01);
  expect(moment(gaussian, 2)).toBeCloseTo(0.25, 2);
  expect(moment(gaussian, 4) / moment(gaussian, 2) ** 2).toBeCloseTo(3, 0);
});

describe('images held out', () => {
  test('and those to train with are all, each once, and always the same', () => {
    const { kept, held } = divide(100, 15);
    expect(held.length).toBe(15);
    expect([...kept, ...held].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(divide(100, 15)).toEqual({ kept, held });
    expect(divide(100, 20).held).toEqual(expect.objectContaining({ length: 20 }));
  });

  test('are never trained with', async () => {
    const { held } = divide(40, 10);
    const indexed = proceduralImages('train', 40);
    const order = { ...procedural, heldOut: 10, augment: false };
    const maker = await openBatches(order, startOfData(0));
    const into = new Float32Array(batch * values);
    const seen = new Set<string>();
    for (let i = 0; i < 10; i++) {
      await maker.fill(into, new Uint16Array(batch));
      for (let j = 0; j < batch; j++)
        seen.add(Buffer.from(into.slice(j * values, (j + 1) * values).buffer).toString('base64'));
    }
    expect(seen.size).toBe(30);
    const all = createBatches({ ...order, images: indexed, batch: 40 }, startOfData(0));
    const everything = new Float32Array(40 * values);
    all.next(everything);
    expect(held.length + seen.size).toBe(40);
  });

  test('leave some to train with', () => {
    expect(() => divide(10, 10)).toThrow('`data.heldOut` to be less than the 10 training images, got `10`');
  });
});
