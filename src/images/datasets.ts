import { join } from 'node:path';
import { datasetOf, datasets } from '../catalogue/datasets.ts';
import { type Placed, present } from '../contract/placed.ts';
import { readTask } from '../data/arrays.ts';
import type { Sizing } from '../data/crop.ts';
import { classesIn, isFolder } from '../data/folder.ts';
import type { Source, TrainingSource } from '../data/source.ts';
import { Failure } from '../failure.ts';
import type { Task } from '../networks/build.ts';
import type { Configuration } from '../spec/configuration.ts';
import { refuseMoreClasses, refuseOtherClasses, refusePartOfImagenet } from './class-folders.ts';

/* What a spec's settings say of images, as places to read them from. */

export type Split = 'train' | 'test';

/** As many as are usual where nothing else tells: those of ImageNet's 2012 challenge. */
const usualClasses = datasets.imagenet.classes;
/** Where `nern-sweep data imagenet` puts it. */
const imagenetFolder = 'imagenet';

/** How many classes a data set has; the most that are usual where only its files tell. */
export function classesOf({ target, data }: Configuration): number {
  return datasetOf(target.dataset).classes ?? data.classes ?? usualClasses;
}

/** What the images of the configuration ask of a network. Throws a Failure of kind 'data' where that is known only by files. */
export async function taskOf(configuration: Placed): Promise<Task> {
  const { dataset } = configuration.target;
  const { classes, size } = configuration.data;
  switch (dataset) {
    case 'arrays':
      return taskOfArrays(configuration);
    case 'imagenet':
      return { classes: datasets.imagenet.classes, input: [3, size, size] };
    case 'folder':
      return {
        classes: classes ?? (await classesOfFolder(configuration)),
        input: [3, size, size],
      };
    default: {
      const { classes: own, side } = datasets[dataset];
      return { classes: own, input: [3, side, side] };
    }
  }
}

/** Where the images of a split of the target's data set come from. Throws a Failure of kind 'data'. */
export async function sourceOf(configuration: Placed, split: Split): Promise<Source> {
  const { dataset } = configuration.target;
  const limit = configuration.data[split];
  switch (dataset) {
    case 'arrays':
      return { kind: 'arrays', files: await arraysOf(configuration, split), split, limit };
    case 'folder':
      return folderSource(configuration, await labelled(configuration, split), limit);
    case 'imagenet':
      return folderSource(configuration, await imagenetSplit(configuration, split), limit);
    case 'procedural':
      return { kind: dataset, split, limit };
    default:
      return { kind: dataset, root: configuration.data.root, split, limit };
  }
}

/** What distillation is shown: the training images of the target's data set, or what `data.source` names. */
export async function trainingSourceOf(configuration: Placed): Promise<TrainingSource> {
  const { source, train: limit, root } = configuration.data;
  const locate = (key: string, file: string) => present(file, `data.source.${key}`);
  switch (source.method) {
    case 'task':
      return sourceOf(configuration, 'train');
    case 'noise':
      return { kind: 'noise', distribution: source.distribution, scale: source.scale };
    case 'folder':
      return folderSource(configuration, await locate('folder', source.folder), limit);
    case 'arrays': {
      const files = { images: await locate('images', source.images), labels: 'none' } as const;
      return { kind: 'arrays', files, split: 'train', limit };
    }
    case 'dataset':
      if (source.name === 'imagenet')
        return folderSource(configuration, imagenetSplits(configuration).train, limit);
      if (source.name === 'procedural') return { kind: 'procedural', split: 'train', limit };
      if (source.name === 'stl10-unlabeled') return { kind: 'stl10', root, split: 'unlabeled', limit };
      return { kind: source.name, root, split: 'train', limit };
  }
}

/**
 * How images of a folder become those of the network, whichever data set that was trained on. Throws a Failure of kind
 * 'data' where they would be cut out of smaller ones.
 */
function folderSource(configuration: Configuration, folder: string, limit: number | undefined): Source {
  return { kind: 'folder', folder, limit, corrupt: configuration.data.corrupt, ...sizingOf(configuration) };
}

export function sizingOf({ target, data }: Configuration): Sizing {
  const { side = data.size } = datasetOf(target.dataset);
  // 256 for 224, and in proportion.
  const { resize = Math.round((side * 256) / 224), interpolation } = data;
  if (resize >= side) return { size: side, resize, interpolation };
  throw new Failure(
    'data',
    `Expected \`data.resize\` to be at least the rows of an image, \`${side}\`, got \`${resize}\``,
    'The centre is cut out of the resized image; without `resize` it is 256/224 of the size.',
    { setting: 'data.resize' },
  );
}

/** The folders of ImageNet's training and validation images. */
function imagenetSplits(configuration: Placed): Record<Split, string> {
  const folder = join(configuration.data.root, imagenetFolder);
  return { train: join(folder, 'train'), test: join(folder, 'val') };
}

/** One of them. Throws a Failure of kind 'data' where its labels would not be ImageNet's. */
async function imagenetSplit(configuration: Placed, split: Split): Promise<string> {
  const splits = imagenetSplits(configuration);
  await refuseOtherClasses(splits.train, splits.test);
  await refusePartOfImagenet(splits[split], datasets.imagenet.classes);
  return splits[split];
}

/** The names that the folder of a split goes by. */
const splitNames = { train: ['train'], test: ['test', 'val'] } as const;

/**
 * The folder of a split. Throws a Failure of kind 'data' where `data.folder` is missing, or where the splits that it has are
 * of other classes.
 */
async function folderOf(configuration: Placed, split: Split): Promise<string> {
  const { folder } = configuration.data;
  if (folder === undefined) throw missing('data.folder', 'the images', 'folder: FOLDER');
  const root = await present(folder, 'data.folder');
  const found: Partial<Record<Split, string>> = {};
  for (const [of, names] of Object.entries(splitNames) as [Split, readonly string[]][])
    for (const path of names.map(name => join(root, name))) if (await isFolder(path)) found[of] ??= path;
  const { train, test } = found;
  if (train !== undefined && test !== undefined) await refuseOtherClasses(train, test);
  const path = found[split];
  if (path !== undefined) return path;
  throw new Failure(
    'data',
    `Expected ${split === 'train' ? 'training' : 'test'} images in ${splitNames[split].map(name => join(root, name)).join(' or ')}, found none`,
    'Each has a subfolder for each class.',
  );
}

/** The folder of a split, of no more classes than the network has. Throws a Failure of kind 'data'. */
async function labelled(configuration: Placed, split: Split): Promise<string> {
  const folder = await folderOf(configuration, split);
  const { classes } = configuration.data;
  if (classes !== undefined) await refuseMoreClasses(folder, classes);
  return folder;
}

/** As many as there are subfolders with the images that are measured on, else with those to train with. */
async function classesOfFolder(configuration: Placed): Promise<number> {
  const folder = await folderOf(configuration, 'test').catch(() => folderOf(configuration, 'train'));
  return (await classesIn(folder)).length;
}

/** The files that `data.arrays` names. Throws a Failure of kind 'data' where it names none. */
async function arraysOf(configuration: Placed, split: Split) {
  const given = configuration.data.arrays?.[split];
  const path = `data.arrays.${split}`;
  if (given === undefined) throw missing(path, 'the images', `arrays: { ${split}: { images: FILE.npz } }`);
  const locate = (key: 'images' | 'labels', file: string) => present(file, `${path}.${key}`);
  const images = await locate('images', given.images);
  return given.labels === undefined ? { images } : { images, labels: await locate('labels', given.labels) };
}

const missing = (path: string, what: string, add: string) =>
  new Failure('data', `Expected \`${path}\` to name ${what}, found none`, `Add ${add} to \`data\`.`);

/** The classes that the labels of both splits, where they are given, come from. */
async function taskOfArrays(configuration: Placed): Promise<Task> {
  const given = (['test', 'train'] as const).filter(split => configuration.data.arrays?.[split]);
  const splits = given.length > 0 ? given : (['test'] as const);
  const tasks = [];
  for (const split of splits) tasks.push(await readTask(await arraysOf(configuration, split), split));
  const [{ height, width }] = tasks as [(typeof tasks)[number]];
  return {
    classes: configuration.data.classes ?? Math.max(...tasks.map(task => task.classes)),
    input: [3, height, width],
  };
}
