import { type Images, imageSize } from '../data/images.ts';
import {
  type Normalization,
  normalizationOf,
  normalizationTable,
  normalizeImages,
} from '../data/normalize.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Configuration } from '../spec/configuration.ts';
import { loadImages } from './images.ts';

/** Labelled images, and how their network wants them. */
export interface Sample {
  readonly images: Images;
  readonly normalization: Normalization;
}

/** The images of the target's data set, as many as the configuration uses. Throws a Failure of kind 'data'. */
export async function sampleOf(
  configuration: Configuration,
  specFolder: string,
  split: 'train' | 'test',
): Promise<Sample> {
  const images = await loadImages(configuration, specFolder, split);
  return { images, normalization: normalizationOf(configuration.data.normalize) };
}

/** The first `limit` images, or all when there are fewer. */
export function firstOf({ images, normalization }: Sample, limit: number): Sample {
  const count = Math.min(limit, images.count);
  const pixels = images.pixels.subarray(0, count * imageSize);
  return { images: { ...images, count, pixels, labels: images.labels.subarray(0, count) }, normalization };
}

/** All images, normalised: [images, 3, 32, 32]. */
export function normalizedImages({ images, normalization }: Sample): Tensor {
  const data = new Float32Array(images.count * imageSize);
  normalizeImages(images, normalizationTable(normalization), 0, images.count, data);
  return { shape: [images.count, images.channels, images.height, images.width], data };
}
