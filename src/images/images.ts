import { createHash } from 'node:crypto';
import { hashOf } from '../canonical-json.ts';
import { distilsOnTask } from '../contract/needs.ts';
import type { Placed } from '../contract/placed.ts';
import type { BatchesOrder } from '../data/batch-maker.ts';
import { type FolderList, listFolder } from '../data/folder.ts';
import { indexFolder } from '../data/folder-index.ts';
import { divide } from '../data/held-out.ts';
import type { ImageSet } from '../data/image-set.ts';
import { normalizationOf } from '../data/normalize.ts';
import { proceduralSha256 } from '../data/procedural.ts';
import { openSource, readImages, type TrainingSource } from '../data/source.ts';
import type { Recipe } from '../spec/configuration.ts';
import { type Split, sourceOf, taskOf, trainingSourceOf } from './datasets.ts';

/**
 * The images of the target's data set, as many as the configuration uses; of the training images those that are not held
 * out, or these. Throws a Failure of kind 'data'.
 */
export async function openImages(configuration: Placed, part: Split | 'held-out'): Promise<ImageSet> {
  const source = await sourceOf(configuration, part === 'test' ? 'test' : 'train');
  const { heldOut } = configuration.data;
  if (part === 'test' || (part === 'train' && heldOut === 0)) return openSource(source);
  return openSource(source, count => divide(count, heldOut)[part === 'train' ? 'kept' : 'held']);
}

/** What distillation is shown, and how. Throws a Failure of kind 'data' where files are missing. */
export async function batchesOrderOf(configuration: Placed): Promise<BatchesOrder> {
  const { data, batch } = configuration;
  return {
    source: await trainingSourceOf(configuration),
    heldOut: distilsOnTask(configuration) ? data.heldOut : 0,
    normalization: normalizationOf(data.normalize),
    augment: data.augment,
    batch,
    input: (await taskOf(configuration)).input,
  };
}

/** What a target in training is shown, and how. Throws a Failure of kind 'data' where files are missing. */
export async function originalBatchesOf(
  configuration: Placed,
  { augment, batch }: Recipe,
): Promise<BatchesOrder> {
  const { heldOut, normalize } = configuration.data;
  const source = await sourceOf(configuration, 'train');
  const { input } = await taskOf(configuration);
  return { source, heldOut, normalization: normalizationOf(normalize), augment, batch, input };
}

/**
 * The hash of images that a run reads, in hexadecimal; of the images, not of their files, for the binary and the python
 * version of a data set are the same data. Of a folder it is that of the files' contents (`indexFolder`). Throws a Failure
 * of kind 'data'. `tell` is told of images that are left out because they cannot be decoded.
 */
export async function imagesSha256(
  configuration: Placed,
  which: Split | 'source',
  tell: (note: string) => void = () => {},
): Promise<string> {
  const source =
    which === 'source' ? await trainingSourceOf(configuration) : await sourceOf(configuration, which);
  return sha256Of(source, tell);
}

async function sha256Of(source: TrainingSource, tell: (note: string) => void): Promise<string> {
  // The settings tell it, and the run's seed.
  if (source.kind === 'noise') return 'noise';
  if (source.kind === 'procedural') return firstOnly(proceduralSha256[source.split], source.limit);
  if (source.kind === 'folder') {
    const list = await listFolder(source.folder);
    const { sha256, broken } = await indexFolder(list, { decode: source.corrupt === 'skip' });
    if (broken.size > 0) tell(leftOut(list, broken));
    return firstOnly(sha256, source.limit);
  }
  const { pixels, labels } = await readImages(source);
  return createHash('sha256').update(pixels).update(labels).digest('hex');
}

/** The hash of the first so many images of a set with this hash; of all where there is no limit. */
export const firstOnly = (sha256: string, limit: number | undefined) =>
  limit === undefined ? sha256 : hashOf({ sha256, limit });

/** So many names of files tell where to look; the rest is counted. */
const namesShown = 20;

/** The images of a folder that cannot be decoded, counted and by name. */
export function leftOut({ folder, files }: FolderList, broken: ReadonlyMap<number, string>): string {
  const shown = [...broken].slice(0, namesShown).map(([i, reason]) => `  ${files[i]}: ${reason}`);
  const more = broken.size > shown.length ? [`  and ${broken.size - shown.length} more`] : [];
  const count = `left out: ${broken.size} of ${files.length} images in ${folder} cannot be decoded`;
  return [count, ...shown, ...more].join('\n');
}
