import { createHash } from 'node:crypto';
import { readTask } from '../data/arrays.ts';
import { cifarClasses, cifarSide } from '../data/cifar.ts';
import { type ImageSet, inMemory } from '../data/image-set.ts';
import type { Images } from '../data/images.ts';
import { proceduralClasses, proceduralSha256, proceduralSide } from '../data/procedural.ts';
import { readImages, type Source } from '../data/source.ts';
import { stl10Classes, stl10Side } from '../data/stl10.ts';
import { Failure } from '../failure.ts';
import type { Task } from '../networks/build.ts';
import type { Configuration } from '../spec/configuration.ts';
import { dataRoot, locateFile } from './locate.ts';

/** Classes, and rows and columns of an image, of the data sets that have their own: known without reading them. */
const datasets = {
  procedural: [proceduralClasses, proceduralSide],
  cifar10: [cifarClasses.cifar10, cifarSide],
  cifar100: [cifarClasses.cifar100, cifarSide],
  stl10: [stl10Classes, stl10Side],
} as const;

/** What the images of the configuration ask of a network. Throws a Failure of kind 'data' where that is known only by files that are missing or wrong. */
export async function taskOf(configuration: Configuration, specFolder: string): Promise<Task> {
  const { dataset } = configuration.target;
  const own = dataset === 'arrays' ? await taskOfArrays(configuration, specFolder) : datasets[dataset];
  const [classes, height, width = height] = own;
  return { classes, input: [3, height, width] };
}

/** Whether any step looks at images: only then are there feature maps and outputs to compare. */
export const distils = ({ alpha, beta, warmup, iterations }: Configuration) =>
  (alpha > 0 || beta > 0) && warmup < iterations;

type Split = 'train' | 'test';

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
export async function openImages(
  configuration: Configuration,
  specFolder: string,
  split: Split,
): Promise<ImageSet> {
  return inMemory(await loadImages(configuration, specFolder, split));
}

/** The same, in memory. */
export async function loadImages(
  configuration: Configuration,
  specFolder: string,
  split: Split,
): Promise<Images> {
  return readImages(await sourceOf(configuration, specFolder, split));
}

/** Where the images of a split of the target's data set come from. */
async function sourceOf(configuration: Configuration, specFolder: string, split: Split): Promise<Source> {
  const { dataset } = configuration.target;
  const limit = configuration.data[split];
  if (dataset === 'procedural') return { kind: dataset, split, limit };
  if (dataset === 'arrays') {
    return { kind: dataset, files: await arraysOf(configuration, specFolder, split), split, limit };
  }
  return { kind: dataset, root: dataRoot(configuration, specFolder), split, limit };
}

/** The files that `data.arrays` names. Throws a Failure of kind 'data' where it names none. */
async function arraysOf(configuration: Configuration, specFolder: string, split: Split) {
  const given = configuration.data.arrays?.[split];
  const path = `data.arrays.${split}`;
  if (given === undefined) {
    throw new Failure(
      'data',
      `Expected \`${path}\` to name the images, found none`,
      `Add arrays: { ${split}: { images: FILE.npz } } to \`data\`.`,
    );
  }
  const locate = (key: 'images' | 'labels', file: string) =>
    locateFile(configuration, `${path}.${key}`, file, specFolder);
  const images = await locate('images', given.images);
  return given.labels === undefined ? { images } : { images, labels: await locate('labels', given.labels) };
}

/** The classes that the labels of both splits, where they are given, come from. */
async function taskOfArrays(configuration: Configuration, specFolder: string) {
  const given = (['test', 'train'] as const).filter(split => configuration.data.arrays?.[split]);
  const splits = given.length > 0 ? given : (['test'] as const);
  const tasks = [];
  for (const split of splits)
    tasks.push(await readTask(await arraysOf(configuration, specFolder, split), split));
  const classes = Math.max(...tasks.map(task => task.classes));
  return [configuration.data.classes ?? classes, tasks[0]!.height, tasks[0]!.width] as const;
}

/**
 * The hash of what `loadImages` gives, in hexadecimal; of the images, not of their files, for the binary and the python
 * version of a data set are the same data.
 */
export async function imagesSha256(
  configuration: Configuration,
  specFolder: string,
  split: Split,
): Promise<string> {
  if (configuration.target.dataset === 'procedural') return proceduralSha256[split];
  const { pixels, labels } = await loadImages(configuration, specFolder, split);
  return createHash('sha256').update(pixels).update(labels).digest('hex');
}
