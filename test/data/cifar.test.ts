import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CifarName, readCifar } from '../../src/data/cifar.ts';
import { cifarValues as imageSize } from '../../src/data/cifar-binary.ts';
import { normalizations, normalizationTable, normalizeImages } from '../../src/data/normalize.ts';
import { failureOf, newFolder } from '../support/files.ts';
import {
  bool,
  build,
  bytes3,
  bytestr,
  call,
  dict,
  global,
  integer,
  list,
  none,
  type Part,
  pickle,
  str,
  tuple,
} from '../support/pickle.ts';
import { sharedData, testWith } from '../support/shared-data.ts';

const image = (seed: number) => Uint8Array.from({ length: imageSize }, (_, i) => (i * 7 + seed * 31) % 256);
const record = (seed: number, ...labels: number[]) => Buffer.concat([Buffer.from(labels), image(seed)]);
const batches = [1, 2, 3, 4, 5];

describe('the binary version', () => {
  const cifar10 = Object.fromEntries(
    batches.map(n => [
      `cifar-10-batches-bin/data_batch_${n}.bin`,
      Buffer.concat([record(2 * n, n), record(2 * n + 1, 9)]),
    ]),
  );

  test('the five training files follow each other, and their size says how many images they hold', async () => {
    const images = await readCifar({ root: newFolder(cifar10), dataset: 'cifar10', split: 'train' });
    expect(images).toMatchObject({ count: 10, channels: 3, height: 32, width: 32, classes: 10 });
    expect([...images.labels]).toEqual([1, 9, 2, 9, 3, 9, 4, 9, 5, 9]);
    for (let i = 0; i < 10; i++) {
      expect(
        Buffer.from(images.pixels.subarray(i * imageSize, (i + 1) * imageSize)).equals(image(i + 2)),
      ).toBe(true);
    }
  });

  test('a limit takes the first images and reads no file behind them', async () => {
    const root = newFolder({
      ...cifar10,
      'cifar-10-batches-bin/data_batch_3.bin': Buffer.from('damaged'),
    });
    const images = await readCifar({ root, dataset: 'cifar10', split: 'train', limit: 3 });
    expect(images.count).toBe(3);
    expect([...images.labels]).toEqual([1, 9, 2]);
    expect(images.pixels.length).toBe(3 * imageSize);
  });

  test('CIFAR-100 has its fine labels', async () => {
    const root = newFolder({
      'cifar-100-binary/test.bin': Buffer.concat([record(1, 3, 77), record(2, 4, 99)]),
    });
    const images = await readCifar({ root, dataset: 'cifar100', split: 'test' });
    expect(images.classes).toBe(100);
    expect([...images.labels]).toEqual([77, 99]);
  });

  test.each([
    ['cut short', record(1, 5).subarray(0, 3_000), 'a multiple of 3073 bytes (one record), got 3000 bytes'],
    ['empty', Buffer.alloc(0), 'got 0 bytes'],
    ['with a label out of range', record(1, 10), 'the labels in FILE to be below 10, got 10 for image 0'],
  ])('a file that is %s is a data failure that names it', async (_, bytes, message) => {
    const root = newFolder({ 'cifar-10-batches-bin/test_batch.bin': bytes });
    const file = join(root, 'cifar-10-batches-bin/test_batch.bin');
    const failure = await failureOf(readCifar({ root, dataset: 'cifar10', split: 'test' }));
    expect(failure).toMatchObject({ kind: 'data', hint: expect.any(String) });
    expect(failure.message).toContain(message.replace('FILE', file));
    expect(failure.message).toContain(file);
  });

  test('a file that is missing from its folder is named', async () => {
    const root = newFolder({ 'cifar-10-batches-bin/data_batch_1.bin': record(1, 1) });
    const failure = await failureOf(readCifar({ root, dataset: 'cifar10', split: 'train' }));
    expect(failure).toMatchObject({ kind: 'data', message: expect.stringContaining('data_batch_2.bin') });
  });
});

test.each<[CifarName, string[]]>([
  ['cifar10', ['cifar-10-batches-bin', 'cifar-10-batches-py']],
  ['cifar100', ['cifar-100-binary', 'cifar-100-python']],
])(
  '%s that is not there: the failure says which folders were looked for, and where to get them',
  async (dataset, folders) => {
    for (const root of [newFolder(), join(newFolder(), 'none')]) {
      const failure = await failureOf(readCifar({ root, dataset, split: 'test' }));
      expect(failure).toMatchObject({ kind: 'data', hint: expect.stringContaining('cs.toronto.edu') });
      for (const folder of folders) expect(failure.message).toContain(folder);
      expect(failure.message).toContain(root);
    }
  },
);

describe('the python version', () => {
  const pixels = Buffer.concat([image(1), image(2)]);
  const labels = list(integer(3), integer(8));

  /** What numpy pickles of an array of bytes. */
  function array(
    raw: Part,
    { shape = [2, imageSize], dtype = 'u1', fortran = false, core = 'core' } = {},
  ): Part {
    const created = call(
      global(`numpy.${core}.multiarray`, '_reconstruct'),
      global('numpy', 'ndarray'),
      tuple(integer(0)),
      str('b'),
    );
    const type = build(
      call(global('numpy', 'dtype'), str(dtype), bool(false), bool(true)),
      tuple(integer(3), str('|'), none, none, none, integer(-1), integer(-1), integer(0)),
    );
    return build(created, tuple(integer(1), tuple(...shape.map(integer)), type, bool(fortran), raw));
  }

  const encoded = call(global('_codecs', 'encode'), str(pixels.toString('latin1')), str('latin1'));

  const read = async (state: Part, protocol = 2) => {
    const root = newFolder({ 'cifar-10-batches-py/test_batch': pickle(state, protocol) });
    return readCifar({ root, dataset: 'cifar10', split: 'test' });
  };

  test.each([
    [
      'Python 2',
      dict([bytestr(Buffer.from('data')), array(bytestr(pixels))], [bytestr(Buffer.from('labels')), labels]),
      2,
    ],
    ['Python 3 for Python 2', dict([str('data'), array(encoded)], [str('labels'), labels]), 2],
    ['Python 3', dict([str('data'), array(bytes3(pixels))], [str('labels'), labels]), 3],
    [
      'Python 3 and numpy 2',
      dict([str('data'), array(bytes3(pixels), { core: '_core' })], [str('labels'), labels]),
      3,
    ],
    [
      'Python 3, with keys as bytes',
      dict([bytes3(Buffer.from('data')), array(bytes3(pixels))], [bytes3(Buffer.from('labels')), labels]),
      3,
    ],
    [
      'Python 3 for Python 2, with keys as bytes',
      dict(
        [call(global('_codecs', 'encode'), str('data'), str('latin1')), array(encoded)],
        [call(global('_codecs', 'encode'), str('labels'), str('latin1')), labels],
      ),
      2,
    ],
  ])('as %s writes it', async (_, state, protocol) => {
    const images = await read(state, protocol);
    expect(images.count).toBe(2);
    expect([...images.labels]).toEqual([3, 8]);
    expect(Buffer.from(images.pixels).equals(pixels)).toBe(true);
  });

  test('CIFAR-100 has its fine labels', async () => {
    const state = dict(
      [str('data'), array(bytes3(pixels))],
      [str('coarse_labels'), list(integer(1), integer(2))],
      [str('fine_labels'), list(integer(99), integer(0))],
    );
    const root = newFolder({ 'cifar-100-python/train': pickle(state, 3) });
    const images = await readCifar({ root, dataset: 'cifar100', split: 'train' });
    expect([...images.labels]).toEqual([99, 0]);
  });

  test.each([
    ['without labels', dict([str('data'), array(encoded)]), 'a list of labels `labels`, got `undefined`'],
    [
      'with labels that are no bytes',
      dict([str('data'), array(encoded)], [str('labels'), list(integer(1), integer(256))]),
      'a list of labels',
    ],
    ['without pixels', dict([str('labels'), labels]), '`data`, a numpy array of bytes in row-major order'],
    [
      'with pixels that are floats',
      dict([str('data'), array(encoded, { dtype: 'f4' })], [str('labels'), labels]),
      'a numpy array of bytes',
    ],
    [
      'in column-major order',
      dict([str('data'), array(encoded, { fortran: true })], [str('labels'), labels]),
      'row-major order',
    ],
    [
      'with fewer pixels than labels',
      dict([str('data'), array(encoded)], [str('labels'), list(integer(1), integer(2), integer(3))]),
      '3 x 3072 pixels for its 3 labels, got shape [2, 3072]',
    ],
    [
      'with fewer bytes than its shape says',
      dict([str('data'), array(bytestr(image(1)))], [str('labels'), labels]),
      'shape [2, 3072] in 3072 bytes',
    ],
    ['that is a list', list(labels), 'a dictionary, got a list'],
    [
      'that runs code',
      dict([str('data'), call(global('os', 'system'), str('true'))]),
      'the Python name `os.system`',
    ],
  ])('a file %s is a data failure that names it', async (_, state, message) => {
    const failure = await failureOf(read(state));
    expect(failure).toMatchObject({ kind: 'data', hint: expect.any(String) });
    expect(failure.message).toContain(message);
    expect(failure.message).toContain('test_batch');
  });
});

describe('the real files', () => {
  const reference = async () => JSON.parse(await readFile(join(sharedData, 'REFERENCE.json'), 'utf8')).models;
  const sets = [
    ['cifar10', 'cifar-10-batches-bin/test_batch.bin', 'resnet20', 'imagenet', 1_017],
    ['cifar10', 'cifar-10-batches-bin/test_batch.bin', 'chenyaofo_cifar10_resnet20', 'cifar10', 1_017],
    ['cifar100', 'cifar-100-binary/test.bin', 'chenyaofo_cifar100_resnet20', 'cifar100', 916],
  ] as const;
  for (const [dataset, path, model, normalization, count] of sets) {
    testWith(path, `${path} with the ${normalization} normalisation is what PyTorch computes`, async () => {
      const expected = (await reference())[model];
      const images = await readCifar({ root: sharedData, dataset, split: 'test' });
      expect(images.count).toBe(count);
      expect([...images.labels.subarray(0, 8)]).toEqual(expected.labels_first8);
      const first = new Float32Array(imageSize);
      const table = normalizationTable(normalizations[normalization]);
      normalizeImages(images.pixels.subarray(0, imageSize), 1024, table, first);
      const statistics = expected.first_test_image_stages.input_normalised;
      expect([...first.subarray(0, 8)]).toEqual(statistics.first8);
      expect(Math.min(...first)).toBe(statistics.min);
      expect(Math.max(...first)).toBe(statistics.max);
      const mean = first.reduce((sum, value) => sum + value, 0) / imageSize;
      const variance = first.reduce((sum, value) => sum + (value - mean) ** 2, 0) / imageSize;
      expect(mean).toBeCloseTo(statistics.mean, 12);
      expect(Math.sqrt(variance)).toBeCloseTo(statistics.std_population, 12);
    });
  }

  testWith('cifar-10-batches-bin/data_batch_5.bin', 'the training files are read to their end', async () => {
    const images = await readCifar({ root: sharedData, dataset: 'cifar10', split: 'train' });
    expect(images.count).toBe(4_000 + 1_329 + 3 * 1_017);
    expect(images.pixels.length).toBe(images.count * imageSize);
  });

  testWith('cifar-100-binary/train.bin', 'CIFAR-100 is read to its end', async () => {
    const images = await readCifar({ root: sharedData, dataset: 'cifar100', split: 'train' });
    expect(images.count).toBe(1_117);
    expect(new Set(images.labels).size).toBe(100);
  });
});
