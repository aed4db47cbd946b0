import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { imagenetRClasses } from '../../src/data/imagenet-r-classes.ts';
import { openCorrupted, openRenditions } from '../../src/data/shifted.ts';
import { amongClasses, corruptionAccuracies } from '../../src/measures/ood.ts';
import { failureOf, newFolder } from '../support/files.ts';
import { npy, npyLabels } from '../support/npy.ts';

/** Five severities of four images of 2x2 pixels; each pixel tells corruption, severity and image. */
const each = 4;
const pixels = (corruption: number) =>
  Buffer.from(Array.from({ length: 5 * each * 12 }, (_, i) => corruption * 100 + Math.floor(i / 12)));
const labels = Array.from({ length: 5 * each }, (_, i) => i % each);
const files = {
  'fog.npy': npy('|u1', [5 * each, 2, 2, 3], pixels(0)),
  'snow.npy': npy('|u1', [5 * each, 2, 2, 3], pixels(1)),
  'labels.npy': npyLabels(labels),
};
const source = { classes: 10, corruptions: ['fog', 'snow'], severities: [1, 3, 5] };

test('corrupted images lie part by part, by corruption and severity', async () => {
  const { images, parts } = await openCorrupted({ ...source, folder: newFolder(files), limit: 3 });
  expect(images).toMatchObject({ count: 18, height: 2, width: 2, classes: 10 });
  expect(parts!.map(({ corruption, severity, from }) => [corruption, severity, from])).toEqual([
    ['fog', 1, 0],
    ['fog', 3, 3],
    ['fog', 5, 6],
    ['snow', 1, 9],
    ['snow', 3, 12],
    ['snow', 5, 15],
  ]);
  expect([...images.labels]).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
  const firsts = async (from: number, count: number) =>
    [...(await images.read(from, count))].filter((_, i) => i % 12 === 0);
  expect(await firsts(0, 18)).toEqual([
    0, 1, 2, 8, 9, 10, 16, 17, 18, 100, 101, 102, 108, 109, 110, 116, 117, 118,
  ]);
  // Across the border of two parts, and of two files.
  expect(await firsts(2, 3)).toEqual([2, 8, 9]);
  expect(await firsts(7, 4)).toEqual([17, 18, 100, 101]);
});

test.each([
  [
    'fewer images than labels',
    { 'snow.npy': npy('|u1', [4, 2, 2, 3], Buffer.alloc(48)) },
    'snow.npy to hold 20 images',
  ],
  ['labels of other classes', { 'labels.npy': npyLabels(labels.map(l => l + 9)) }, 'integers from 0 to 9'],
  ['labels for no five severities', { 'labels.npy': npyLabels([1, 2, 3]) }, 'five severities'],
])('a set with %s is refused', async (_, changed, message) => {
  const folder = newFolder({ ...files, ...changed });
  const failure = await failureOf(openCorrupted({ ...source, folder }));
  expect(failure).toMatchObject({ kind: 'data', message: expect.stringContaining(message) });
});

test('a corruption that is not there is missed by its file', async () => {
  const failure = await failureOf(
    openCorrupted({ ...source, corruptions: ['frost'], folder: newFolder(files) }),
  );
  expect(failure.message).toContain('frost.npy');
});

const jpeg = readFileSync('test/fixtures/data/colour.jpg');
const sizing = { size: 16, resize: 18, interpolation: 'bilinear', corrupt: 'refuse' } as const;

test("renditions have their classes' numbers among the 1000 of ImageNet", async () => {
  const folder = newFolder({
    'n01443537/1.jpg': jpeg,
    'n12267677/1.jpg': jpeg,
    'n02099601/x.jpg': jpeg,
    'README.txt': '',
  });
  const { images, among } = await openRenditions({ folder, ...sizing });
  expect([...images.labels].sort((a, b) => a - b)).toEqual([1, 207, 988]);
  expect(images.classes).toBe(1000);
  expect(among).toHaveLength(200);
  expect([...among!].sort((a, b) => a - b)).toEqual(among);
  expect([imagenetRClasses.get('n01443537'), imagenetRClasses.get('n12267677')]).toEqual([1, 988]);
});

test('renditions that cannot be decoded are left out where the spec has it so', async () => {
  vi.stubEnv('NERN_SWEEP_CACHE', newFolder());
  onTestFinished(() => void vi.unstubAllEnvs());
  const folder = newFolder({ 'n01443537/1.jpg': jpeg, 'n12267677/1.jpg': jpeg.subarray(0, 200) });
  const { images } = await openRenditions({ folder, ...sizing, corrupt: 'skip' });
  expect([...images.labels]).toEqual([1]);
  expect(await images.read(0, 1)).toHaveLength(3 * 16 * 16);
});

test('a folder of other classes is refused', async () => {
  const folder = newFolder({ 'n01440764/1.jpg': jpeg });
  const { message } = await failureOf(openRenditions({ folder, ...sizing }));
  expect(message).toContain('`n01440764`');
  expect(message).toContain(folder);
});

test('accuracy is the mean over corruptions and severities, each counting the same', () => {
  const parts = [
    { corruption: 'fog', severity: 1, from: 0, count: 2 },
    { corruption: 'fog', severity: 2, from: 2, count: 2 },
    { corruption: 'snow', severity: 1, from: 4, count: 2 },
  ];
  const logits = { shape: [6, 2], data: Float32Array.of(1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1) };
  const found = corruptionAccuracies(logits, Uint8Array.of(0, 0, 0, 0, 0, 0), parts);
  expect(found).toEqual({
    mean: 50,
    corruptions: [
      { corruption: 'fog', mean: 75, severities: { 1: 100, 2: 50 } },
      { corruption: 'snow', mean: 0, severities: { 1: 0 } },
    ],
  });
});

test('only classes that are among the images are compared', () => {
  const logits = { shape: [1, 4], data: Float32Array.of(9, 2, 8, 3) };
  expect([...amongClasses(logits, [1, 3]).data]).toEqual([
    Number.NEGATIVE_INFINITY,
    2,
    Number.NEGATIVE_INFINITY,
    3,
  ]);
});
