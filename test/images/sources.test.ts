import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { sourceOf, taskOf } from '../../src/images/datasets.ts';
import { imagesSha256, openImages } from '../../src/images/images.ts';
import { parseSpec } from '../../src/spec/sweep.ts';
import { failureOf, newFolder } from '../support/files.ts';
import { placedIn } from '../support/inputs.ts';
import { npy, npyLabels } from '../support/npy.ts';

let root = '';

beforeAll(async () => {
  process.env.NERN_SWEEP_CACHE = newFolder();
  const picture = (r: number) =>
    sharp({ create: { width: 40, height: 30, channels: 3, background: { r, g: 60, b: 200 } } })
      .jpeg()
      .toBuffer();
  const pictures: Record<string, Uint8Array> = {};
  for (const part of ['flowers/train', 'flowers/val', 'imagenet/train', 'imagenet/val']) {
    for (const name of ['a', 'b', 'c']) {
      for (let i = 0; i < 3; i++) pictures[`${part}/${name}/${i}.jpg`] = await picture(80 * i);
    }
  }
  root = newFolder({
    ...pictures,
    'x.npy': npy('|u1', [4, 6, 6, 3], Buffer.alloc(432, 9)),
    'y.npy': npyLabels([0, 3, 1, 1]),
  });
});

function configuration(target: string, data: string) {
  const text = `name: x\ntarget: { network: resnet20, dataset: ${target}, weights: a.th }\ndata: { root: ${root}, ${data} }\n`;
  const parsed = parseSpec(text, join(root, 'spec.yaml'));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  return placedIn(root, parsed.sweep.cells[0]!.configuration);
}

test.each([
  ['folder', 'folder: flowers, size: 24', { classes: 3, input: [3, 24, 24] }],
  ['folder', 'folder: flowers, classes: 7', { classes: 7, input: [3, 224, 224] }],
  ['imagenet', 'size: 64', { classes: 1000, input: [3, 64, 64] }],
  ['stl10', '', { classes: 10, input: [3, 96, 96] }],
  ['arrays', 'arrays: { test: { images: x.npy, labels: y.npy } }', { classes: 4, input: [3, 6, 6] }],
])('%s with { %s } asks a network for %j', async (target, data, expected) => {
  expect(await taskOf(await configuration(target, data))).toEqual(expected);
});

test('training images are parted into those to train with and those held out', async () => {
  const flowers = await configuration('folder', 'folder: flowers, size: 16, heldOut: 4');
  const [train, held, all] = await Promise.all([
    openImages(flowers, 'train'),
    openImages(flowers, 'held-out'),
    openImages(await configuration('folder', 'folder: flowers, size: 16'), 'train'),
  ]);
  expect([train.count, held.count, all.count]).toEqual([5, 4, 9]);
  const count = (labels: ArrayLike<number>, label: number) =>
    Array.from(labels).filter(l => l === label).length;
  for (const label of [0, 1, 2]) expect(count(train.labels, label) + count(held.labels, label)).toBe(3);
  expect((await held.read(1, 2)).length).toBe(2 * 3 * 16 * 16);
});

test('what is read is known by its content', async () => {
  const hash = async (target: string, data: string, which: 'train' | 'test' | 'source') =>
    imagesSha256(await configuration(target, data), which);
  const flowers = await hash('folder', 'folder: flowers', 'test');
  // The same pictures, elsewhere and under another name.
  expect(await hash('imagenet', '', 'train')).toBe(flowers);
  expect(await hash('cifar10', 'source: { method: folder, folder: flowers/train }', 'source')).toBe(flowers);
  const arrays = await hash('arrays', 'arrays: { test: { images: x.npy, labels: y.npy } }', 'test');
  expect(await hash('cifar10', 'source: { method: arrays, images: x.npy }', 'source')).not.toBe(arrays);
  expect(await hash('cifar10', 'source: { method: noise }', 'source')).toBe('noise');
});

test.each([
  ['folder', '', '`data.folder` to name the images'],
  [
    'folder',
    'folder: flowers, size: 64, resize: 63',
    '`data.resize` to be at least the rows of an image, `64`',
  ],
  ['folder', 'folder: roses', '`data.folder` to be'],
  ['folder', 'folder: flowers/train', 'Expected test images in'],
  ['arrays', '', '`data.arrays.test` to name the images'],
])('%s with { %s } is missed by its setting', async (target, data, message) => {
  const failure = await failureOf(openImages(await configuration(target, data), 'test'));
  expect(failure).toMatchObject({ name: 'Failure', message: expect.stringContaining(message) });
});

describe('splits whose class folders do not agree', () => {
  const of = (dataset: string, data: string, folder: string) => {
    const text = `name: x\ntarget: { network: resnet20, dataset: ${dataset}, weights: a.th }\ndata: { root: ${folder}, ${data} }\n`;
    const parsed = parseSpec(text, join(folder, 'spec.yaml'));
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
    return placedIn(folder, parsed.sweep.cells[0]!.configuration);
  };
  const tree = (...paths: string[]) =>
    newFolder(Object.fromEntries(paths.map(path => [`${path}/1.jpg`, 'x'])));

  test.each([
    ['folder', 'folder: f', 'f', 'val'],
    ['folder', 'folder: f', 'f', 'test'],
    ['folder', 'folder: f, classes: 9', 'f', 'val'],
    ['imagenet', 'size: 64', 'imagenet', 'val'],
  ])('of %s with { %s } are refused, and both named', async (dataset, data, at, test) => {
    const root = tree(
      ...['a', 'b', 'c'].map(c => `${at}/train/${c}`),
      ...['b', 'c', 'd'].map(c => `${at}/${test}/${c}`),
    );
    for (const split of ['train', 'test'] as const) {
      const { message, kind } = await failureOf(sourceOf(await of(dataset, data, root), split));
      expect(kind).toBe('data');
      expect(message).toContain(
        `in ${root}/${at}/train and ${root}/${at}/${test}, got \`a\` only in ${root}/${at}/train`,
      );
      expect(message).toContain(`\`d\` only in ${root}/${at}/${test}`);
    }
  });

  test('of which one is not there are no others', async () => {
    const root = tree('f/val/a', 'f/val/b');
    expect(await sourceOf(await of('folder', 'folder: f', root), 'test')).toMatchObject({
      folder: join(root, 'f/val'),
    });
  });

  test('of a part of ImageNet, or of more classes than the spec says, are refused', async () => {
    const root = tree('imagenet/val/n01440764', 'imagenet/val/n01443537', 'f/test/a', 'f/test/b');
    const part = await failureOf(sourceOf(await of('imagenet', 'size: 64', root), 'test'));
    expect(part.message).toContain(
      `Expected ${root}/imagenet/val to have the 1000 classes of ImageNet, got 2`,
    );
    const more = await failureOf(sourceOf(await of('folder', 'folder: f, classes: 1', root), 'test'));
    expect(more.message).toContain('to have at most the 1 subfolders of `data.classes`, got 2');
  });
});
