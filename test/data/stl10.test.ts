import { expect, test } from 'vitest';
import { readStl10 } from '../../src/data/stl10.ts';
import { failureOf, newFolder } from '../support/files.ts';

const side = 96;
const plane = side * side;

/** An image as the files hold it, column by column: red is the row, green the column, blue a seed. */
function stored(seed: number): Buffer {
  const bytes = Buffer.alloc(3 * plane, seed);
  for (let column = 0; column < side; column++) {
    for (let row = 0; row < side; row++) {
      bytes[column * side + row] = row;
      bytes[plane + column * side + row] = column;
    }
  }
  return bytes;
}

const files = {
  'stl10_binary/test_X.bin': Buffer.concat([stored(1), stored(2), stored(3)]),
  'stl10_binary/test_y.bin': Buffer.from([1, 10, 4]),
  'stl10_binary/unlabeled_X.bin': Buffer.concat([stored(5), stored(6)]),
};

test('images are turned from columns to rows, labels counted from 0', async () => {
  const images = await readStl10(newFolder(files), 'test');
  expect(images).toMatchObject({ count: 3, channels: 3, height: side, width: side, classes: 10 });
  expect([...images.labels]).toEqual([0, 9, 3]);
  for (let i = 0; i < 3; i++) {
    const at = (channel: number, row: number, column: number) =>
      images.pixels[i * 3 * plane + channel * plane + row * side + column];
    for (const [row, column] of [
      [0, 0],
      [0, 95],
      [95, 0],
      [17, 63],
    ] as const) {
      expect([at(0, row, column), at(1, row, column), at(2, row, column)]).toEqual([row, column, i + 1]);
    }
  }
});

test('a limit takes the first images', async () => {
  const images = await readStl10(newFolder(files), 'test', 2);
  expect(images.count).toBe(2);
  expect(images.pixels.length).toBe(2 * 3 * plane);
  expect([...images.labels]).toEqual([0, 9]);
});

test('images without labels have label 0', async () => {
  const images = await readStl10(newFolder(files), 'unlabeled');
  expect([...images.labels]).toEqual([0, 0]);
});

test.each([
  ['cut short', { 'test_X.bin': stored(1).subarray(9) }, 'test_X.bin to be a multiple of 27648 bytes'],
  [
    'without all labels',
    { 'test_y.bin': Buffer.from([1]) },
    'test_y.bin to hold a label for each of 3 images',
  ],
  [
    'with a wrong label',
    { 'test_y.bin': Buffer.from([1, 0, 2]) },
    'test_y.bin to hold labels from 1 to 10, got `0` for image 1',
  ],
])('a set that is %s is refused by the name of the file', async (_, changed, message) => {
  const changes = Object.entries(changed).map(([name, bytes]) => [`stl10_binary/${name}`, bytes]);
  const root = newFolder({ ...files, ...Object.fromEntries(changes) });
  const failure = await failureOf(readStl10(root, 'test'));
  expect(failure).toMatchObject({ kind: 'data', message: expect.stringContaining(message) });
});

test('a set that is not there is missed by the name of its file', async () => {
  const failure = await failureOf(readStl10(newFolder(), 'train'));
  expect(failure).toMatchObject({ kind: 'data', message: expect.stringContaining('train_X.bin') });
});
