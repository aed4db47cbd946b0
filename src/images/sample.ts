import type { Split } from '../contract/needs.ts';
import type { Placed } from '../contract/placed.ts';
import { firstOf, type ImageSet } from '../data/image-set.ts';
import { planeOf } from '../data/images.ts';
import {
  type Normalization,
  normalizationOf,
  normalizationTable,
  normalizeImages,
} from '../data/normalize.ts';
import type { Tensor } from '../graph/tensor.ts';
import { openImages } from './images.ts';

/** Labelled images, and how their network wants them. */
export interface Sample {
  readonly images: ImageSet;
  readonly normalization: Normalization;
}

/** The images of the target's data set, as many as the configuration uses. Throws a Failure of kind 'data'. */
export async function sampleOf(configuration: Placed, split: Split): Promise<Sample> {
  const images = await openImages(configuration, split);
  return { images, normalization: normalizationOf(configuration.data.normalize) };
}

/** The first `limit` images, or all when there are fewer, normalised: [images, 3, height, width]. */
export async function normalizedImages({ images, normalization }: Sample, limit: number): Promise<Tensor> {
  const { count, channels, height, width, read } = firstOf(images, limit);
  const bytes = await read(0, count);
  const data = new Float32Array(bytes.length);
  normalizeImages(bytes, planeOf({ height, width }), normalizationTable(normalization), data);
  return { shape: [count, channels, height, width], data };
}
