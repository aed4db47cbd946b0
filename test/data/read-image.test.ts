import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readImage } from '../../src/data/read-image.ts';
import { newFolder } from '../support/files.ts';

/** Image files of many kinds and what torchvision's loader has of them (bench/peers/image_kinds_reference.py). */
type Kind = { file: string } & (
  | { size: [width: number, height: number]; sha256: string }
  | { refused: string }
);
const kinds: Record<string, Kind> = JSON.parse(readFileSync('test/fixtures/data/kinds.json', 'utf8'));

/** What torchvision's loader takes and this one does not, and why. */
const refused: Record<string, RegExp> = {
  // Nearly all white there.
  'grey-16.png': /greys of more than 8 bits, of which torchvision makes white/,
  'grey-16.tif': /greys of more than 8 bits/,
  'grey-16.pgm': /greys of more than 8 bits/,
  'grey-16-one-clear.png': /greys of more than 8 bits/,
  'highest-300.pgm': /greys of more than 8 bits/,
  'integers.tif': /greys of more than 8 bits/,
  'floats.tif': /greys of more than 8 bits/,
  'signed.tif': /greys of more than 8 bits/,
  'cmyk-16.tif': /pixels of type ushort in cmyk/,
  // Of these the decoder makes other colours, or none.
  'chrominance.tif': /luminance and chrominance: convert it to RGB/,
  'chrominance-zip.tif': /luminance and chrominance: convert it to RGB/,
  'lab.tif': /bad labq format/,
  'moving-gif.png': /unsupported image format/,
  'zstd.tif': /ZSTD compression support is not configured/,
  'lzma.tif': /LZMA compression support is not configured/,
};

let folder = '';
beforeAll(() => {
  folder = newFolder(
    Object.fromEntries(Object.entries(kinds).map(([name, { file }]) => [name, Buffer.from(file, 'base64')])),
  );
});

describe('an image is read as torchvision reads it, or refused', () => {
  test.each(Object.keys(kinds))('%s', async name => {
    const kind = kinds[name]!;
    const read = readImage(join(folder, name));
    if ('refused' in kind || name in refused) {
      await expect(read).rejects.toThrow(refused[name] ?? /./);
      return;
    }
    const { width, height, data } = await read;
    expect([width, height]).toEqual(kind.size);
    expect(hash('sha256', data)).toBe(kind.sha256);
  });
});

test('a file that tells of more pixels than memory holds is refused before any is made', async () => {
  const bitmap = Buffer.alloc(54);
  bitmap.write('BM');
  bitmap.writeUInt32LE(40, 14);
  bitmap.writeInt32LE(2 ** 30, 18);
  bitmap.writeInt32LE(2 ** 30, 22);
  const bombs = newFolder({
    'a.bmp': bitmap,
    'a.ppm': 'P6 99999999 99999999 255\n',
    'b.ppm': 'P3 0 4 255\n1',
  });
  for (const name of ['a.bmp', 'a.ppm', 'b.ppm'])
    await expect(readImage(join(bombs, name))).rejects.toThrow(
      /a picture of \d+x\d+ pixels, not 1 to 178956970/,
    );
});
