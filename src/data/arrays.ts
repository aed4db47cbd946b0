import { Failure } from '../failure.ts';
import type { ImageSize, Images } from './images.ts';
import { type NpyArray, readIntegers } from './npy.ts';
import { openArray } from './npz.ts';

/** Files of numpy that hold images and their labels; of an archive one file may hold both. */
export interface ArrayFiles {
  readonly images: string;
  /** Absent: in the archive that holds the images; `none`: nobody asks for them, all are 0. */
  readonly labels?: string | 'none' | undefined;
}

/** More than any label of a data set of images. */
const maxLabel = 65_535;
/** What a set in memory may have: a Buffer of Node holds no more. */
const maxBytes = 4 * 2 ** 30;

/** The names of the arrays in an archive, the first that is there being taken. */
const namesOf = (what: 'images' | 'labels', split: string) =>
  what === 'images'
    ? [`${split}_images`, 'images', `x_${split}`, 'x', 'data', 'arr_0']
    : [`${split}_labels`, 'labels', `y_${split}`, 'y', 'arr_1'];

/**
 * The first `limit` images (all when absent) of a .npy or .npz file, bytes of shape [n, h, w, 3], [n, 3, h, w], or
 * grey, [n, h, w], with or without an axis of 1, which fills all three channels; and their labels, integers [n] or
 * [n, 1]. Of two readings of a shape the one with channels last holds. `classes` is that of the highest of all labels.
 * Throws a Failure of kind 'data'.
 */
export async function readArrays(
  { images: imagesFile, labels: labelsFile = imagesFile }: ArrayFiles,
  split: string,
  limit = Number.POSITIVE_INFINITY,
): Promise<Images> {
  const images = await openArray(imagesFile, namesOf('images', split));
  const layout = layoutOf(images);
  const all = images.shape[0]!;
  const labels = labelsFile === 'none' ? new Uint16Array(all) : await readLabels(labelsFile, split, all);
  const count = Math.min(all, limit);
  const pixels = await readImages(images, layout, 0, count);
  const { height, width } = layout;
  return {
    count,
    channels: 3,
    height,
    width,
    pixels,
    labels: labels.subarray(0, count),
    classes: classesIn(labels),
  };
}

/** The size of the images, and how many classes their labels come from. Throws a Failure of kind 'data'. */
export async function readTask(
  { images: imagesFile, labels: labelsFile = imagesFile }: ArrayFiles,
  split: string,
): Promise<ImageSize & { classes: number }> {
  const images = await openArray(imagesFile, namesOf('images', split));
  const { height, width } = layoutOf(images);
  const labels = await readLabels(labelsFile, split, images.shape[0]!);
  return { height, width, classes: classesIn(labels) };
}

/** The labels of `images` images, in a file of their own or an archive. Throws a Failure of kind 'data'. */
async function readLabels(file: string, split: string, images: number): Promise<Uint16Array> {
  const array = await openArray(file, namesOf('labels', split));
  const [count, one = 1, ...more] = array.shape;
  if (count !== images || one !== 1 || more.length > 0) {
    throw new Failure(
      'data',
      `Expected ${array.name} to hold a label for each of ${images} images, got shape [${array.shape.join(', ')}]`,
    );
  }
  return readIntegers(array, maxLabel, count);
}

const classesIn = (labels: Uint16Array) => labels.reduce((most, label) => Math.max(most, label), 0) + 1;

/** How an array holds images. */
export interface Layout {
  readonly height: number;
  readonly width: number;
  /** Values between neighbours in a row, a column, and from channel to channel; 0 for grey. */
  readonly strides: readonly [row: number, column: number, channel: number];
  /** Values of one image in the array. */
  readonly values: number;
}

/** Throws a Failure of kind 'data' where an array does not hold images of bytes. */
export function layoutOf({ name, type, shape }: NpyArray): Layout {
  const layout = layouts(shape);
  if (
    /^[|<>=]?u1$/.test(type) &&
    layout &&
    shape[0]! > 0 &&
    shape[0]! * 3 * layout.height * layout.width <= maxBytes
  )
    return layout;
  throw new Failure(
    'data',
    `Expected ${name} to hold images of bytes, [n, h, w, 3], [n, 3, h, w] or [n, h, w], ` +
      `got \`${type}\` of shape [${shape.join(', ')}]`,
    'Save them as numpy.uint8, from 0 to 255.',
  );
}

function layouts(shape: readonly number[]): Layout | undefined {
  const [, a = 0, b = 0, c = 0] = shape;
  if (shape.length === 3 && a * b > 0) return grey(a, b);
  if (shape.length !== 4 || a * b * c === 0) return undefined;
  if (c === 3) return { height: a, width: b, strides: [b * 3, 3, 1], values: a * b * 3 };
  if (c === 1) return grey(a, b);
  if (a === 3) return { height: b, width: c, strides: [c, 1, b * c], values: 3 * b * c };
  if (a === 1) return grey(b, c);
  return undefined;
}

const grey = (height: number, width: number): Layout => ({
  ...{ height, width, strides: [width, 1, 0], values: height * width },
});

/** Images read and converted at a time. */
const chunk = 4096;

/** Images `from`..`from + count - 1` of an array as planar pixels, [count, 3, height, width]. */
export async function readImages(
  { read }: NpyArray,
  { height, width, strides, values }: Layout,
  from: number,
  count: number,
): Promise<Uint8Array> {
  const [ofRow, ofColumn, ofChannel] = strides;
  const pixels = new Uint8Array(count * 3 * height * width);
  let to = 0;
  for (let first = 0; first < count; first += chunk) {
    const some = Math.min(chunk, count - first);
    const bytes = await read((from + first) * values, some * values);
    for (let image = 0; image < some; image++) {
      for (let channel = 0; channel < 3; channel++) {
        for (let row = 0; row < height; row++) {
          let at = image * values + channel * ofChannel + row * ofRow;
          for (let column = 0; column < width; column++, at += ofColumn) pixels[to++] = bytes[at]!;
        }
      }
    }
  }
  return pixels;
}
