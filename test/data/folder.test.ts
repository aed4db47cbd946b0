import { mkdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeCentre } from '../../src/data/decode.ts';
import { inFixedOrder, listFolder } from '../../src/data/folder.ts';
import { indexFolder } from '../../src/data/folder-index.ts';
import { folderSet, openFolder } from '../../src/data/folder-set.ts';
import { openSource, type Source } from '../../src/data/source.ts';
import { failureOf, newFolder } from '../support/files.ts';

const jpeg = readFileSync('test/fixtures/data/colour.jpg');
const png = readFileSync('test/fixtures/data/colour.png');
const grey = readFileSync('test/fixtures/data/grey.jpg');
const sizing = { size: 20, resize: 24, interpolation: 'bilinear' } as const;

beforeAll(async () => {
  process.env.NERN_SWEEP_CACHE = newFolder();
});
afterAll(() => {
  delete process.env.NERN_SWEEP_CACHE;
});

const tree = () =>
  newFolder({
    'dog/b.JPEG': jpeg,
    'dog/a.png': png,
    'dog/more/c.jpg': grey,
    'dog/notes.txt': 'not an image',
    'dog/.hidden.jpg': jpeg,
    'cat/z.jpg': grey,
    'Zebra/1.jpg': jpeg,
    'readme.txt': 'of the folder',
  });

describe('a folder of images', () => {
  test('has a class for each subfolder, by name, and its files by name', async () => {
    const { classNames, files, labels } = await listFolder(await tree());
    expect(classNames).toEqual(['Zebra', 'cat', 'dog']);
    expect(files).toEqual(['Zebra/1.jpg', 'cat/z.jpg', 'dog/a.png', 'dog/b.JPEG', 'dog/more/c.jpg']);
    expect([...labels]).toEqual([0, 1, 2, 2, 2]);
  });

  test('has the files that ImageFolder takes, whatever the case of their endings, and no others', async () => {
    // torchvision.datasets.folder.IMG_EXTENSIONS
    const taken = ['jpg', 'jpeg', 'png', 'ppm', 'bmp', 'pgm', 'tif', 'tiff', 'webp'];
    const names = [...taken, ...taken.map(ending => ending.toUpperCase()), 'Jpg'].map((e, i) => `${i}.${e}`);
    const others = ['a.gif', 'b.avif', 'c.jpg.txt', 'djpg', 'e.jp2'];
    const files = Object.fromEntries([...names, ...others].map(name => [`a/${name}`, 'x']));
    const { files: found } = await listFolder(newFolder(files));
    expect([...found].sort()).toEqual(names.map(name => `a/${name}`).sort());
  });

  test('has its classes in the order in which Python sorts names', async () => {
    // sorted(['b', 'B', 'a', 'ä', '10', '9', '\U0001F600', '\uFB01', '_']) of Python
    const names = ['10', '9', 'B', '_', 'a', 'b', 'ä', '\uFB01', '\u{1F600}'];
    const files = Object.fromEntries([...names].reverse().map(name => [`${name}/1.jpg`, jpeg]));
    expect((await listFolder(newFolder(files))).classNames).toEqual(names);
  });

  test('has no class that is a link to a file, or to nothing', async () => {
    const root = await tree();
    symlinkSync(join(root, 'readme.txt'), join(root, 'link'));
    symlinkSync(join(root, 'nowhere'), join(root, 'dangling'));
    expect((await listFolder(root)).classNames).toEqual(['Zebra', 'cat', 'dog']);
  });

  test('may have classes that are links, and links that lead in a circle', async () => {
    const root = await tree();
    symlinkSync(join(await tree(), 'dog'), join(root, 'ant'));
    mkdirSync(join(root, 'cat/deep'));
    symlinkSync(join(root, 'cat'), join(root, 'cat/deep/again'));
    const { classNames, files } = await listFolder(root);
    expect(classNames).toEqual(['Zebra', 'ant', 'cat', 'dog']);
    expect(files.filter(file => file.startsWith('ant/')).length).toBe(3);
    expect(files.filter(file => file.startsWith('cat/')).length).toBeLessThan(10);
  });

  test.each([
    ['is not there', undefined, 'Expected a folder of images at'],
    ['is empty', {}, 'to hold a subfolder of images for each class, found none'],
    ['has a class without images', { 'a/1.jpg': jpeg, 'b/1.txt': 'x' }, 'found none in `b`'],
  ])('that %s is refused', async (_, files, message) => {
    const root = files === undefined ? '/nowhere' : newFolder(files);
    const failure = await failureOf(listFolder(root));
    expect(failure).toMatchObject({ kind: 'data', message: expect.stringContaining(message) });
  });

  test('has a fixed order in which its first images are of any class', async () => {
    const files: Record<string, Uint8Array> = {};
    for (const name of ['a', 'b', 'c']) for (let i = 0; i < 20; i++) files[`${name}/${i}.jpg`] = jpeg;
    const list = await listFolder(newFolder(files));
    const some = inFixedOrder(list, 12);
    expect(new Set(some.labels).size).toBe(3);
    expect(some.files).toEqual(inFixedOrder(list, 30).files.slice(0, 12));
    for (const [i, file] of some.files.entries()) expect(file[0]).toBe('abc'[some.labels[i]!]);
  });

  test('is decoded to planes, a batch ahead of who looks', async () => {
    const source = { folder: await tree(), corrupt: 'refuse', ...sizing } as const;
    const list = await openFolder(source);
    const set = folderSet(list, sizing);
    expect(set).toMatchObject({ count: 5, channels: 3, height: 20, width: 20, classes: 3 });
    const expected = await Promise.all(list.files.map(file => decodeCentre(join(list.folder, file), sizing)));
    for (const [from, count] of [
      [0, 2],
      [2, 2],
      [4, 1],
      [1, 3],
    ] as const) {
      const bytes = await set.read(from, count);
      for (let i = 0; i < count; i++) {
        const at = (channel: number, pixel: number) => bytes[i * 1200 + channel * 400 + pixel];
        for (const pixel of [0, 21, 399]) {
          const interleaved = [...expected[from + i]!.subarray(3 * pixel, 3 * pixel + 3)];
          expect([at(0, pixel), at(1, pixel), at(2, pixel)]).toEqual(interleaved);
        }
      }
    }
  });
});

test.each([{ kind: 'folder' }, { kind: 'procedural' }] as const)(
  'some of the images of a $kind are those images',
  async ({ kind }) => {
    const source: Source =
      kind === 'folder'
        ? { kind, folder: await tree(), corrupt: 'refuse', ...sizing }
        : { kind, split: 'test', limit: 5 };
    const all = await openSource(source);
    const some = await openSource(source, count => Uint32Array.of(0, 3, count - 1));
    expect(some).toMatchObject({ count: 3, classes: all.classes });
    const bytes = await some.read(0, 3);
    const values = bytes.length / 3;
    for (const [to, from] of [0, 3, 4].entries()) {
      expect(some.labels[to]).toBe(all.labels[from]);
      const image = bytes.subarray(to * values, (to + 1) * values);
      expect(Buffer.compare(image, await all.read(from, 1))).toBe(0);
    }
  },
);

describe('the hash of a folder', () => {
  test('is of labels and contents, wherever the folder lies', async () => {
    const [one, other] = [await tree(), await tree()];
    const hash = async (root: string) =>
      (await indexFolder(await listFolder(root), { decode: false })).sha256;
    const before = await hash(one);
    expect(await hash(other)).toBe(before);
    writeFileSync(join(other, 'dog/a.png'), Buffer.concat([png, Buffer.of(0)]));
    expect(await hash(other)).not.toBe(before);
    rmSync(join(one, 'cat/z.jpg'));
    writeFileSync(join(one, 'cat/y.jpg'), jpeg);
    expect(await hash(one)).not.toBe(before);
  });

  test('is known again without reading what has not changed', async () => {
    const root = await tree();
    const file = join(root, 'dog/a.png');
    const hash = async () => (await indexFolder(await listFolder(root), { decode: false })).sha256;
    const before = await hash();
    const { atimeNs, mtimeNs } = statSync(file, { bigint: true });
    // Same size, same time to the second: seen only by its nanoseconds, or not at all where the system keeps none.
    writeFileSync(file, Buffer.from(png).fill(1, 100, 200));
    expect(await hash()).not.toBe(before);
    writeFileSync(file, Buffer.from(png).fill(2, 100, 200));
    utimesSync(file, Number(atimeNs) / 1e9, Number(mtimeNs) / 1e9 + 60);
    const after = await hash();
    expect(after).not.toBe(before);
    expect(await hash()).toBe(after);
  });
});

describe('images that cannot be decoded', () => {
  const damaged = async () => {
    const root = await tree();
    writeFileSync(join(root, 'dog/b.JPEG'), jpeg.subarray(0, 900));
    writeFileSync(join(root, 'cat/a.jpg'), 'no image');
    return root;
  };

  test('are named and counted, and left out where that is asked', async () => {
    const root = await damaged();
    const list = await listFolder(root);
    const { broken } = await indexFolder(list, { decode: true });
    expect([...broken.keys()].map(i => list.files[i])).toEqual(['cat/a.jpg', 'dog/b.JPEG']);
    const skipped = await openFolder({ folder: root, corrupt: 'skip', ...sizing });
    expect([...skipped.files].sort()).toEqual(['Zebra/1.jpg', 'cat/z.jpg', 'dog/a.png', 'dog/more/c.jpg']);
    // Known from the cache now; the classes stay what they are.
    expect((await indexFolder(list, { decode: true })).broken).toEqual(broken);
    expect(skipped.classNames).toEqual(['Zebra', 'cat', 'dog']);
  });

  test('fail by name where it is not', async () => {
    const root = await damaged();
    const set = folderSet(await openFolder({ folder: root, corrupt: 'refuse', ...sizing }), sizing);
    const failure = await failureOf(set.read(0, set.count));
    expect(failure).toMatchObject({ kind: 'data', hint: expect.stringContaining('data.corrupt: skip') });
    expect(failure.message).toMatch(/(dog\/b\.JPEG|cat\/a\.jpg) to be an image/);
  });
});
