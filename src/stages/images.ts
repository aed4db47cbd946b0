import { readCifar } from '../data/cifar.ts';
import type { Images } from '../data/images.ts';
import { proceduralImages } from '../data/procedural.ts';
import type { Configuration } from '../spec/configuration.ts';
import { dataRoot } from './locate.ts';

export const datasetClasses = { procedural: 10, cifar10: 10, cifar100: 100 } as const;

/** Whether any step looks at images: only then are there feature maps and outputs to compare. */
export const distils = ({ alpha, beta, warmup, iterations }: Configuration) =>
  (alpha > 0 || beta > 0) && warmup < iterations;

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
