import { createHash } from 'node:crypto';
import { cifarClasses, readCifar } from '../data/cifar.ts';
import type { Images } from '../data/images.ts';
import { proceduralClasses, proceduralImages, proceduralSha256 } from '../data/procedural.ts';
import type { Configuration } from '../spec/configuration.ts';
import { dataRoot } from './locate.ts';

/** The number of classes of each data set, known without reading it. */
export const datasetClasses = { procedural: proceduralClasses, ...cifarClasses };

/** Whether any step looks at images: only then are there feature maps and outputs to compare. */
export const distils = ({ alpha, beta, warmup, iterations }: Configuration) =>
  (alpha > 0 || beta > 0) && warmup < iterations;

/** Measures that look at weights alone. */
const ofWeights: readonly string[] = [
  'reconstruction-error',
  'layer-errors',
  'kernel-grid',
  'low-frequency-ratio',
  'embedding-similarity',
];

/** Which images a run reads: training images to distil with, test images for all but the measures of weights alone. */
export const imagesRead = (configuration: Configuration) => ({
  train: distils(configuration) || configuration.evaluate.includes('loss-landscape'),
  test: configuration.evaluate.some(measure => !ofWeights.includes(measure)),
});

/** The images of the target's data set, as many as the configuration uses. Throws a Failure of kind 'data'. */
export async function loadImages(
  configuration: Configuration,
  specFolder: string,
  split: 'train' | 'test',
): Promise<Images> {
  const { dataset } = configuration.target;
  const limit = configuration.data[split];
  if (dataset === 'procedural') return proceduralImages(split, limit);
  return readCifar({ root: dataRoot(configuration, specFolder), dataset, split, limit });
}

/**
 * The hash of what `loadImages` gives, in hexadecimal; of the images, not of their files, for the binary and the python
 * version of a data set are the same data.
 */
export async function imagesSha256(
  configuration: Configuration,
  specFolder: string,
  split: 'train' | 'test',
): Promise<string> {
  if (configuration.target.dataset === 'procedural') return proceduralSha256[split];
  const { pixels, labels } = await loadImages(configuration, specFolder, split);
  return createHash('sha256').update(pixels).update(labels).digest('hex');
}
