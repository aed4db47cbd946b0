import type { Configuration, Recipe } from './configuration.ts';
import { problem } from './problem.ts';
import type { Augmentation } from './sweep.generated.ts';
import { quote } from './text.ts';
import type { Problem } from './validate.ts';

/* What holds for augmentation: of what distillation is shown, and of what a target is trained on. */

/** Where an augmentation is written, and what it is of. */
interface Place {
  /** The path of `augment`, and of `batch` beside it. */
  readonly augment: string;
  readonly batch: string;
  /** Images in a batch. */
  readonly images: number;
  /** Where images come from: files, memory, or nowhere. */
  readonly source: 'folder' | 'memory' | 'noise';
}

export const augmentation = ({ data, target: { dataset }, batch }: Configuration): Problem[] =>
  rulesOf(data.augment, {
    ...{ augment: 'data.augment', batch: 'batch', images: batch },
    source: sourceOf(data.source, dataset),
  });

export const recipeAugmentation = ({ target: { train, dataset } }: Configuration): Problem[] =>
  train === undefined ? [] : rulesOf(train.augment, placeOf(train, dataset));

const placeOf = ({ batch }: Recipe, dataset: Dataset): Place => ({
  ...{ augment: 'target.train.augment', batch: 'target.train.batch', images: batch },
  source: isFolder(dataset) ? 'folder' : 'memory',
});

type Dataset = Configuration['target']['dataset'];

const isFolder = (name: string) => name === 'folder' || name === 'imagenet';

function sourceOf(source: Configuration['data']['source'], dataset: Dataset): Place['source'] {
  if (source.method === 'noise') return 'noise';
  const name = source.method === 'task' ? dataset : source.method === 'dataset' ? source.name : source.method;
  return isFolder(name) ? 'folder' : 'memory';
}

function rulesOf(augment: boolean | Augmentation, place: Place): Problem[] {
  if (typeof augment === 'boolean') return [];
  if (place.source === 'noise') return onNoise(place);
  return [
    ...ofFolders(augment, place),
    ...idleInterpolation(augment, place),
    ...ranges(augment, place),
    ...mixing(augment, place),
  ];
}

const pointerOf = (path: string) => `/${path.replaceAll('.', '/')}`;

function onNoise({ augment }: Place): Problem[] {
  return problem(
    pointerOf(augment),
    `Expected ${quote(augment)} to be \`true\` or \`false\` where distillation is shown noise, got a mapping`,
    'noise is never augmented; leave the mapping out',
  );
}

function ofFolders({ crop }: Augmentation, { augment, source }: Place): Problem[] {
  if (crop === undefined || source === 'folder') return [];
  return problem(
    pointerOf(`${augment}.crop`),
    `Expected no ${quote(`${augment}.crop`)} for images that all have the size of the network's`,
    'only images in folders are resized; others are padded by an eighth of their size and cropped',
  );
}

function idleInterpolation(
  { interpolation, randAugment }: Augmentation,
  { augment, source }: Place,
): Problem[] {
  if (interpolation === undefined || source === 'folder' || randAugment !== undefined) return [];
  return problem(
    pointerOf(`${augment}.interpolation`),
    `Expected ${quote(`${augment}.randAugment`)} beside ${quote(`${augment}.interpolation`)}, found none`,
    'only images in folders are resized; others are interpolated where RandAugment moves them',
  );
}

function ranges({ crop }: Augmentation, { augment }: Place): Problem[] {
  return (['scale', 'ratio'] as const).flatMap(key => {
    const range = crop?.[key];
    if (range === undefined || range[0] <= range[1]) return [];
    const path = `${augment}.crop.${key}`;
    return problem(
      pointerOf(path),
      `Expected ${quote(path)} to be the least, then the largest, got ${quote(range)}`,
      'turn them round',
    );
  });
}

function mixing({ mix }: Augmentation, { augment, batch, images }: Place): Problem[] {
  if (mix === undefined) return [];
  if (mix.mixup === 0 && mix.cutmix === 0)
    return problem(
      pointerOf(`${augment}.mix`),
      `Expected ${quote(`${augment}.mix`)} to have \`mixup\` or \`cutmix\` above 0, got neither`,
      'each is the parameter of a beta distribution: `mix: { mixup: 0.1, cutmix: 1 }`',
    );
  if (images % 2 === 0) return [];
  return problem(
    pointerOf(batch),
    `Expected ${quote(batch)} to be even with ${quote(`${augment}.mix`)}, got ${quote(images)}`,
    'images are mixed in pairs, the first with the last',
  );
}
