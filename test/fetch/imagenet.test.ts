import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { archives as known } from '../../src/catalogue/archives.ts';
import { bring } from '../../src/fetch/bring.ts';
import { imagenetArchives } from '../../src/fetch/imagenet.ts';
import { type MatStructure, readMat } from '../../src/fetch/mat.ts';
import { failureOf, newFolder } from '../support/files.ts';
import { type TarEntry, tar } from '../support/tar.ts';

// By SciPy (bench/peers/mat_reference.py): three classes, numbered otherwise than by name, and a synset above them.
const meta = readFileSync('test/fixtures/data/meta.mat');
const kit = 'ILSVRC2012_devkit_t12/data';
const classes = { n02119789: 3, n01440764: 2, n02100735: 1 };
const image = (name: string): TarEntry => ({ name, content: Buffer.from(`an image: ${name}`) });
const classTar = (id: string, count: number) =>
  tar(Array.from({ length: count }, (_, i) => image(`${id}_${i}.JPEG`)));
const validationImages = [1, 2, 3, 4].map(i => image(`ILSVRC2012_val_0000000${i}.JPEG`));

interface Parts {
  readonly train?: readonly TarEntry[];
  readonly val?: readonly TarEntry[];
  readonly devkit?: readonly TarEntry[];
}

const trainTars = Object.entries(classes).map(([id, count]) => ({
  name: `${id}.tar`,
  content: classTar(id, count),
}));

const devkitFiles = [
  { name: `${kit}/meta.mat`, content: meta },
  { name: `${kit}/ILSVRC2012_validation_ground_truth.txt`, content: Buffer.from('2\n3\n1\n2\n') },
];

/** A folder with the three archives. */
const archives = ({ train = trainTars, val = validationImages, devkit = devkitFiles }: Parts = {}) =>
  newFolder({
    [imagenetArchives.train]: tar(train),
    [imagenetArchives.val]: tar(val),
    [imagenetArchives.devkit]: gzipSync(tar(devkit)),
  });

const unpack = (from: string, root: string) => bring({ dataset: known.imagenet, root, from }, () => {});

const contents = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.includes('.JPEG'))
    .sort();

const whole = [
  ...['n01440764/n01440764_0.JPEG', 'n01440764/n01440764_1.JPEG', 'n02100735/n02100735_0.JPEG'],
  ...[0, 1, 2].map(i => `n02119789/n02119789_${i}.JPEG`),
].map(name => `train/${name}`);
const validated = [
  ...['n01440764/ILSVRC2012_val_00000001.JPEG', 'n01440764/ILSVRC2012_val_00000004.JPEG'],
  ...['n02100735/ILSVRC2012_val_00000002.JPEG', 'n02119789/ILSVRC2012_val_00000003.JPEG'],
].map(name => `val/${name}`);

describe("ImageNet's archives", () => {
  test('become folders of classes, validation images by the kit', async () => {
    const root = newFolder();
    const brought = await unpack(archives(), root);
    expect(brought).toEqual({ folder: join(root, 'imagenet'), how: 'unpacked' });
    expect(contents(brought.folder)).toEqual([...whole, ...validated]);
    expect(readFileSync(join(brought.folder, whole[3]!), 'utf8')).toBe('an image: n02119789_0.JPEG');
    expect(readdirSync(root)).toEqual(['imagenet']);
    expect((await unpack(archives(), root)).how).toBe('present');
  });

  test('are gone on with after a call that was killed: classes that are whole are not unpacked again', async () => {
    const root = newFolder();
    const cut = archives({ train: trainTars.slice(0, 2) });
    expect((await failureOf(unpack(cut, root))).message).toContain('3 classes, got 2, without n02100735');
    const work = join(root, '.unpacking-imagenet');
    // What shows that it is left alone, a class that was begun, and images of a validation set that was.
    writeFileSync(join(work, whole[3]!), 'as it was');
    mkdirSync(join(work, 'train/.n02100735'), { recursive: true });
    writeFileSync(join(work, 'train/.n02100735/n02100735_0.JPEG'), 'half');
    mkdirSync(join(work, 'val/n01440764'), { recursive: true });
    writeFileSync(join(work, 'val/n01440764/ILSVRC2012_val_00000001.JPEG'), 'half');
    const { folder } = await unpack(archives(), root);
    expect(contents(folder)).toEqual([...whole, ...validated]);
    const texts = [whole[3]!, whole[2]!, validated[0]!].map(name => readFileSync(join(folder, name), 'utf8'));
    expect(texts).toEqual([
      'as it was',
      'an image: n02100735_0.JPEG',
      'an image: ILSVRC2012_val_00000001.JPEG',
    ]);
  });

  const [first, second, third] = trainTars;
  const another = (entries: readonly TarEntry[]) => [
    ...[first!, second!],
    { name: third!.name, content: tar(entries) },
  ];
  const few = { name: 'n02119789.tar', content: classTar('n02119789', 2) };
  test.each<[string, Parts, string]>([
    ['a class that the kit lacks', { train: [...trainTars, { name: 'n9.tar' }] }, 'got `n9.tar`'],
    ['a class twice', { train: [...trainTars, first!] }, '`n02119789.tar`'],
    ['a class with too few images', { train: [few, second!, third!] }, '3 images of n02119789, got 2'],
    ['a name out of its folder', { train: another([image('../evil.JPEG')]) }, '`../evil.JPEG`'],
    [
      'a class that is packed well',
      {
        train: [
          {
            name: 'n02119789.tar',
            content: gzipSync(tar([{ name: 'a.JPEG', content: Buffer.alloc(99_999) }])),
          },
        ],
      },
      'bytes, got 99999 and more',
    ],
    ['what is no image', { train: another([image('run.sh')]) }, 'images alone in the tar of n02100735'],
    ['a link', { train: another([{ name: 'a.JPEG', type: '2', link: '/etc' }]) }, 'a SymbolicLink'],
    ['a link for a class', { train: [{ ...first!, type: '2', content: Buffer.alloc(0) }] }, 'a SymbolicLink'],
    ['too few validation images', { val: validationImages.slice(1) }, 'to hold 4 images, got 3'],
    [
      'a validation image too many',
      { val: [...validationImages, image('ILSVRC2012_val_00000005.JPEG')] },
      '00005',
    ],
    ['a validation image elsewhere', { val: [image('../ILSVRC2012_val_00000001.JPEG')] }, '`../ILSVRC'],
    ['a kit without classes', { devkit: devkitFiles.slice(1) }, 'data/meta.mat, got none'],
    [
      'a kit that is damaged',
      { devkit: [{ name: `${kit}/meta.mat`, content: meta.subarray(0, 300) }] },
      'meta.mat',
    ],
    [
      'a kit with classes of none',
      { devkit: [devkitFiles[0]!, { ...devkitFiles[1]!, content: Buffer.from('1001\n') }] },
      'class `1001`',
    ],
  ])('with %s are refused by name', async (_, parts, message) => {
    const root = newFolder();
    const failure = await failureOf(unpack(archives(parts), root));
    expect(failure).toMatchObject({ name: 'Failure', kind: 'data' });
    expect(failure.message).toContain(message);
    expect(existsSync(join(root, 'imagenet'))).toBe(false);
    expect(readdirSync(root)).toEqual(['.unpacking-imagenet']);
  });

  test('that are cut short are refused, as a folder with only some of them', async () => {
    const from = archives();
    const file = join(from, imagenetArchives.train);
    writeFileSync(file, readFileSync(file).subarray(0, 3_000));
    expect((await failureOf(unpack(from, newFolder()))).message).toContain('cut short in `n02119789.tar`');
    const some = newFolder({ [imagenetArchives.val]: tar(validationImages) });
    expect((await failureOf(unpack(some, newFolder()))).message).toContain(
      'ILSVRC2012_img_train.tar, ILSVRC2012_devkit_t12.tar.gz',
    );
  });
});

describe('a MAT-file', () => {
  test('is read as SciPy wrote it', () => {
    const synsets = readMat(meta).get('synsets') as readonly MatStructure[];
    expect(synsets.map(synset => synset.get('ILSVRC2012_ID'))).toEqual([[1], [2], [3], [1001]]);
    expect(Object.fromEntries(synsets[1]!)).toEqual({
      ILSVRC2012_ID: [2],
      WNID: 'n01440764',
      words: 'tench, Tinca tinca',
      gloss: 'freshwater fish: é',
      num_children: [0],
      children: [],
      wordnet_height: [0],
      num_train_images: [2],
    });
    expect(synsets[3]!.get('children')).toEqual([1, 3]);
  });

  test('that is damaged anywhere is refused by an error, or read as something', () => {
    fc.assert(
      fc.property(fc.nat(meta.length - 1), fc.nat(255), (at, value) => {
        const damaged = Buffer.from(meta);
        damaged[at] = value;
        const outcome = (() => {
          try {
            return readMat(damaged);
          } catch (error) {
            return error;
          }
        })();
        expect(outcome instanceof Map || outcome instanceof Error).toBe(true);
      }),
      { seed: 1, numRuns: 300 },
    );
    for (let length = 0; length < meta.length; length += 7) {
      if (length === 128) continue;
      expect(() => readMat(meta.subarray(0, length))).toThrow();
    }
  });
});
