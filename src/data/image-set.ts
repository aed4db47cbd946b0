import { type ImageSize, type Images, type Labels, valuesOf } from './images.ts';

/** A labelled set of RGB images as a measure sees them, wherever they are kept. */
export interface ImageSet extends ImageSize {
  readonly count: number;
  readonly channels: 3;
  /** [count]: 0..classes-1. */
  readonly labels: Labels;
  readonly classes: number;
  /**
   * The images `from`..`from + count - 1`, [count, 3, height, width]: planar, values 0..255; not to be written to. Fails
   * with a Failure of kind 'data' that names the file that cannot be decoded.
   */
  read(from: number, count: number): Promise<Uint8Array>;
}

/** Images in memory as such a set. */
export function inMemory(images: Images): ImageSet {
  const { count, channels, height, width, labels, classes, pixels } = images;
  const values = valuesOf(images);
  const read = async (from: number, some: number) => pixels.subarray(from * values, (from + some) * values);
  return { count, channels, height, width, labels, classes, read };
}

/** The first `limit` images, or all when there are fewer. */
export function firstOf(images: ImageSet, limit: number): ImageSet {
  const count = Math.min(limit, images.count);
  return { ...images, count, labels: images.labels.subarray(0, count) };
}
