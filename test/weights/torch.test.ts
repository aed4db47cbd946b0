import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { readTorchLegacy } from '../../src/weights/torch-legacy.ts';
import { readTorchZip } from '../../src/weights/torch-zip.ts';
import {
  bool,
  call,
  dict,
  global,
  integer,
  list,
  persistent,
  pickle,
  str,
  tuple,
} from '../support/pickle.ts';
import { floats, legacyFile, statePart, type TensorDescription, zipFile } from '../support/torch-file.ts';

const six = floats(1, 2, 3, 4, 5, 6);

const writers = [
  ['zip', readTorchZip, zipFile],
  ['legacy', readTorchLegacy, legacyFile],
] as const;

describe.each(writers)('the %s format', (_, read, write) => {
  const reading = (tensors: TensorDescription[], storages: Record<string, Uint8Array> = { w: six }) =>
    read(write(statePart(tensors), storages), 'net.pt');
  const message = (tensors: TensorDescription[], storages?: Record<string, Uint8Array>) => {
    try {
      reading(tensors, storages);
    } catch (error) {
      expect(error).toMatchObject({ kind: 'checkpoint' });
      return (error as Error).message;
    }
    throw expect.unreachable();
  };

  test('views with strides and offset become dense', () => {
    const data = (shape: number[], strides: number[], offset = 0) => [
      ...reading([{ name: 'w', shape, strides, offset }]).get('w')!.data,
    ];
    expect(data([2, 3], [3, 1])).toEqual([1, 2, 3, 4, 5, 6]);
    expect(data([3, 2], [1, 3])).toEqual([1, 4, 2, 5, 3, 6]);
    expect(data([2], [2], 3)).toEqual([4, 6]);
    expect(data([], [], 5)).toEqual([6]);
    expect(data([0, 7], [7, 1])).toEqual([]);
    expect(data([1, 6], [999, 1])).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test.each<[string, Partial<TensorDescription>, string]>([
    [
      '2^40 values',
      { shape: [2n ** 20n, 2n ** 20n], strides: [2n ** 20n, 1] },
      'its numbers inside its storage of 6, got number 1099511627776',
    ],
    [
      '2^40 values of a storage that claims as many',
      { shape: [2n ** 40n], strides: [1], length: 2n ** 40n },
      '4398046511104 bytes of storage w',
    ],
    [
      'more values than a number can count',
      { shape: [2n ** 80n], strides: [1] },
      'a shape of at most 8 whole numbers',
    ],
    ['a negative length', { shape: [-1], strides: [1] }, 'a shape of at most 8 whole numbers, got [-1]'],
    ['negative strides', { shape: [2, 3], strides: [-3, 1] }, 'strides that are whole numbers, got [-3, 1]'],
    ['a negative offset', { shape: [2], strides: [1], offset: -1 }, 'a whole number as offset, got `-1`'],
    ['an offset behind the end', { shape: [1], strides: [1], offset: 6 }, 'got number 7 for shape [1]'],
    [
      'overlapping rows',
      { shape: [2, 3], strides: [2, 1] },
      'strides that keep its numbers apart, got [2, 1]',
    ],
    [
      'one number repeated 2^40 times',
      { shape: [2n ** 40n], strides: [0] },
      'strides that keep its numbers apart',
    ],
    ['as many strides as it likes', { shape: [6], strides: [1, 1] }, '1 strides that are whole numbers'],
    [
      'a storage of an unknown kind',
      { shape: [6], strides: [1], type: 'Size' },
      'storage w to have a known number format, got torch.Size',
    ],
    ['a storage that is not there', { shape: [6], strides: [1], key: 'v' }, 'storage'],
    ['a storage of another length', { shape: [3], strides: [1], length: 3 }, 'storage w'],
  ])('a tensor with %s is refused', (_, tensor, expected) => {
    const text = message([{ name: 'w', shape: [], ...tensor }]);
    expect(text).toContain(expected);
    expect(text).toContain('net.pt');
  });

  test('a storage serves a few names, not so many that a small file fills the memory', () => {
    const same = (count: number) =>
      Array.from(
        { length: count },
        (_, i): TensorDescription => ({ name: `w${i}`, key: 'w', shape: [6], strides: [1] }),
      );
    expect(reading(same(4)).size).toBe(4);
    expect(message(same(5))).toContain('tensors of at most 24 numbers altogether, got 30');
  });

  test('a name that would run code is refused by name, and nothing is run', () => {
    const attack = dict([str('w'), call(global('posix', 'system'), str('exit 1'))]);
    expect(() => read(write(attack, {}), 'net.pt')).toThrow(/the Python name `posix\.system`/);
  });

  test.each([
    ['a list', list(integer(1)), 'a state dict, got a list'],
    [
      'a tensor whose storage is none',
      dict([
        str('w'),
        call(global('torch._utils', '_rebuild_tensor_v2'), integer(1), integer(0), tuple(), tuple()),
      ]),
      'tensor w to have a storage, got `1`',
    ],
  ])('%s is refused', (_, state, expected) => {
    expect(() => read(write(state, {}), 'net.pt')).toThrow(expected);
  });

  test('a reference to something else than a storage is refused', () => {
    const module = persistent(tuple(str('module'), global('torch', 'Size'), str('source')));
    const state = dict([
      str('w'),
      call(global('torch._utils', '_rebuild_tensor_v2'), module, integer(0), tuple(), tuple()),
    ]);
    expect(() => read(write(state, {}), 'net.pt')).toThrow("storages described as ('storage', type, key");
  });
});

describe('zip archives', () => {
  const state = statePart([{ name: 'w', shape: [6], strides: [1] }]);

  test('a compressed one is read as well', () => {
    expect([...readTorchZip(zipFile(state, { w: six }, 9), 'net.pt').get('w')!.data]).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
  });

  test('a bomb is refused before it is unpacked', () => {
    const bomb = zipFile(state, { w: new Uint8Array(5_000_000) }, 9);
    expect(bomb.length).toBeLessThan(10_000);
    expect(() => readTorchZip(bomb, 'net.pt')).toThrow(/at most \d+ bytes unpacked, got 5\d{6}/);
  });

  test('an archive of another kind is refused', () => {
    const archive = zipSync({ 'word/document.xml': Buffer.from('<w/>') });
    expect(() => readTorchZip(archive, 'net.pt')).toThrow('one data.pkl, got 0');
  });

  test('numbers of another byte order are refused', () => {
    const archive = zipSync({ 'a/data.pkl': pickle(dict()), 'a/byteorder': Buffer.from('big') });
    expect(() => readTorchZip(archive, 'net.pt')).toThrow('little-endian numbers, got big-endian ones');
  });

  test('an entry that claims 2^32 bytes is refused', () => {
    const archive = zipFile(state, { w: six });
    const directory = archive.lastIndexOf(Buffer.from('archive/data/w')) - 46;
    archive.writeUInt32LE(0xfffffff0, directory + 24);
    expect(() => readTorchZip(archive, 'net.pt')).toThrow(
      'entry archive/data/w of 4294967280 bytes, got 24 bytes',
    );
  });

  test('an entry that begins behind the end of the file is refused', () => {
    const archive = zipFile(state, { w: six });
    const directory = archive.lastIndexOf(Buffer.from('archive/data/w')) - 46;
    archive.writeUInt32LE(archive.length - 4, directory + 42);
    expect(() => readTorchZip(archive, 'net.pt')).toThrow('24 bytes in entry archive/data/w, got 0');
  });

  test('two entries of one name are refused', () => {
    const archive = zipFile(state, { v: six, w: six });
    archive.write('w', archive.lastIndexOf(Buffer.from('archive/data/v')) + 'archive/data/'.length);
    expect(() => readTorchZip(archive, 'net.pt')).toThrow('one entry archive/data/w, got several');
  });

  test('more entries than any network has tensors are refused', () => {
    const entries = Array.from({ length: 20_001 }, (_, i) => [`a/${i}`, new Uint8Array(0)] as const);
    const archive = zipSync(Object.fromEntries(entries), { level: 0 });
    expect(() => readTorchZip(archive, 'net.pt')).toThrow('at most 20000 entries');
  });
});

describe('legacy files', () => {
  const state = statePart([{ name: 'w', shape: [6], strides: [1] }]);
  const whole = legacyFile(state, { w: six });

  test('bytes behind the last storage are refused', () => {
    const longer = Buffer.concat([whole, Buffer.of(0)]);
    expect(() => readTorchLegacy(longer, 'net.pt')).toThrow(`${whole.length} bytes, got ${whole.length + 1}`);
  });

  test('numbers of another byte order are refused', () => {
    const flag = Buffer.concat([str('little_endian'), bool(true)]);
    const at = whole.indexOf(flag) + flag.length - 1;
    const foreign = Buffer.concat([whole.subarray(0, at), bool(false), whole.subarray(at + 1)]);
    expect(() => readTorchLegacy(foreign, 'net.pt')).toThrow('little-endian numbers, got big-endian ones');
  });

  test('a storage that no tensor uses, or that is missing, is refused', () => {
    expect(() => readTorchLegacy(legacyFile(state, { w: six, v: six }), 'net.pt')).toThrow(
      'storages that its tensors use',
    );
    expect(() => readTorchLegacy(legacyFile(state, {}), 'net.pt')).toThrow('storage w, got none');
  });
});
