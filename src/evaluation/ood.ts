import { join } from 'node:path';
import { type OodSet, oodSets } from '../catalogue/datasets.ts';
import { oodSetOf } from '../contract/measure-settings.ts';
import type { Placed } from '../contract/placed.ts';
import { type FolderList, listFolder } from '../data/folder.ts';
import { indexFolder } from '../data/folder-index.ts';
import { normalizationOf } from '../data/normalize.ts';
import {
  corruptions as allCorruptions,
  severities as allSeverities,
  type CorruptedSource,
  corruptedFiles,
  openCorrupted,
  openRenditions,
  type ShiftedSet,
} from '../data/shifted.ts';
import { Failure } from '../failure.ts';
import type { Engine } from '../graph/program.ts';
import { sizingOf } from '../images/datasets.ts';
import { firstOnly, leftOut } from '../images/images.ts';
import { accuracy } from '../measures/accuracy.ts';
import { amongClasses, type CorruptionAccuracies, corruptionAccuracies } from '../measures/ood.ts';
import type { TargetKernels } from '../nern/target-kernels.ts';
import type { Configuration } from '../spec/configuration.ts';
import type { Target } from '../target/target.ts';
import { createClassifier } from './classify.ts';

/** Accuracy on test images that were drawn elsewhere: the mean, and what it is made of. */
export interface OodDocument extends Partial<CorruptionAccuracies> {
  readonly set: string;
  readonly images: number;
  readonly mean: number;
}

/** Throws a Failure of kind 'spec' where the data set has no usual one. */
function nameOf(configuration: Configuration): OodSet {
  const name = oodSetOf(configuration);
  if (name !== undefined) return name;
  throw new Failure(
    'spec',
    'Expected `ood.set` to name images for the measure `ood`, found none',
    `There are no usual ones for ${configuration.target.dataset}.`,
  );
}

function corruptedSource(configuration: Placed, folder: string, classes: number): CorruptedSource {
  const { corruptions = allCorruptions, severities = allSeverities } = configuration.ood;
  const limit = configuration.data.test;
  return {
    folder: join(configuration.data.root, folder),
    classes,
    corruptions,
    severities,
    limit,
  };
}

const renditions = (configuration: Placed, folder: string) => ({
  folder: join(configuration.data.root, folder),
  limit: configuration.data.test,
  corrupt: configuration.data.corrupt,
  ...sizingOf(configuration),
});

async function openShifted(configuration: Placed): Promise<ShiftedSet> {
  const { folder, form } = oodSets[nameOf(configuration)];
  return form.kind === 'renditions'
    ? openRenditions(renditions(configuration, folder))
    : openCorrupted(corruptedSource(configuration, folder, form.classes));
}

/**
 * The hash of the files that the measure `ood` reads. Throws a Failure of kind 'data'. `tell` is told of images that are
 * left out because they cannot be decoded.
 */
export async function oodSha256(configuration: Placed, tell: (note: string) => void): Promise<string> {
  const { folder: name, form } = oodSets[nameOf(configuration)];
  if (form.kind === 'renditions') {
    const { folder, corrupt } = renditions(configuration, name);
    const list = await listFolder(folder);
    const { sha256, broken } = await indexFolder(list, { decode: corrupt === 'skip' });
    if (broken.size > 0) tell(leftOut(list, broken));
    return firstOnly(sha256, configuration.data.test);
  }
  const source = corruptedSource(configuration, name, form.classes);
  // What is wrong with them is told before the first run.
  await openCorrupted(source);
  const files = corruptedFiles(source);
  const list: FolderList = {
    ...{ folder: source.folder, classNames: [], files, labels: new Uint16Array(files.length) },
  };
  return firstOnly((await indexFolder(list, { decode: false })).sha256, configuration.data.test);
}

/**
 * Accuracy (%) of a network with these kernels on shifted images: the mean over corruptions and severities, or over
 * renditions. Throws a Failure of kind 'data' where the images are of other classes or another size than the network's.
 */
export async function outOfDistribution(
  engine: Engine,
  target: Target,
  kernels: TargetKernels,
  rows: Float32Array,
  configuration: Placed,
): Promise<OodDocument> {
  const set = nameOf(configuration);
  const { images, parts, among } = await openShifted(configuration);
  const { classes, input } = target.network;
  if (classes !== images.classes || input[1] !== images.height || input[2] !== images.width) {
    throw new Failure(
      'data',
      `Expected images of ${classes} classes and ${input[1]}x${input[2]} pixels, as the network has them, ` +
        `got ${set} with ${images.classes} classes and ${images.height}x${images.width}`,
      '`ood.set` names the images of the measure `ood`.',
    );
  }
  const sample = { images, normalization: normalizationOf(configuration.data.normalize) };
  const logits = await createClassifier(engine, target, kernels, sample).logits(rows);
  const count = images.count;
  if (parts) return { set, images: count, ...corruptionAccuracies(logits, images.labels, parts) };
  const masked = among ? amongClasses(logits, among) : logits;
  return { set, images: count, mean: accuracy(masked, images.labels) };
}
