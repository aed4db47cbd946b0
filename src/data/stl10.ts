import { join } from 'node:path';
import { datasets } from '../catalogue/datasets.ts';
import { Failure } from '../failure.ts';
import { readRange, sizeOfFile } from '../files/read.ts';
import type { Images } from './images.ts';

/** The folder of the binary version. */
const stl10Folder = 'stl10_binary';

const { classes, side } = datasets.stl10;
const plane = side * side;
const values = 3 * plane;

/**
 * The first `limit` images (all when absent) of a split of STL-10 (Coates et al. 2011), from the binary version's folder
 * under `root`: 96x96 pixels, ten classes, 5,000 images to train with and 8,000 to test on; `unlabeled` has 100,000, all
 * of label 0. The number of images is what the file holds. Throws a Failure of kind 'data'.
 */
export async function readStl10(
  root: string,
  split: 'train' | 'test' | 'unlabeled',
  limit = Number.POSITIVE_INFINITY,
): Promise<Images> {
  const file = join(root, stl10Folder, `${split}_X.bin`);
  const size = await sizeOfFile(file, 'data');
  if (size === 0 || size % values !== 0) {
    throw new Failure(
      'data',
      `Expected the size of ${file} to be a multiple of ${values} bytes (one image), got ${size} bytes`,
      'The file is cut short or of another data set: get it again.',
    );
  }
  const count = Math.min(size / values, limit);
  const pixels = await readRange(file, 0, count * values, 'data');
  transposePlanes(pixels);
  const labels =
    split === 'unlabeled' ? new Uint8Array(count) : await readLabels(root, split, size / values, count);
  return { count, channels: 3, height: side, width: side, pixels, labels, classes };
}

/** The files hold an image column by column. */
function transposePlanes(pixels: Uint8Array): void {
  for (let start = 0; start < pixels.length; start += plane) {
    for (let row = 0; row < side; row++) {
      for (let column = row + 1; column < side; column++) {
        const [a, b] = [start + row * side + column, start + column * side + row];
        const kept = pixels[a]!;
        pixels[a] = pixels[b]!;
        pixels[b] = kept;
      }
    }
  }
}

/** One byte an image, from 1 to 10. */
async function readLabels(root: string, split: string, images: number, count: number): Promise<Uint8Array> {
  const file = join(root, stl10Folder, `${split}_y.bin`);
  const size = await sizeOfFile(file, 'data');
  const fail = (expected: string, got: string) =>
    new Failure(
      'data',
      `Expected ${file} to hold ${expected}, got ${got}`,
      'The file is damaged or of another data set: get it again.',
    );
  if (size !== images) throw fail(`a label for each of ${images} images`, `${size}`);
  const labels = await readRange(file, 0, count, 'data');
  const wrong = labels.findIndex(label => label < 1 || label > classes);
  if (wrong >= 0) throw fail(`labels from 1 to ${classes}`, `\`${labels[wrong]}\` for image ${wrong}`);
  return labels.map(label => label - 1);
}
