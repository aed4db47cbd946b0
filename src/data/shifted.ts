import { join } from 'node:path';
import { Failure } from '../failure.ts';
import { layoutOf, readImages } from './arrays.ts';
import { type FolderList, listFolder } from './folder.ts';
import { chosenOf, type FolderSource, folderSet } from './folder-set.ts';
import type { ImageSet } from './image-set.ts';
import { imagenetRClasses } from './imagenet-r-classes.ts';
import { type NpyArray, openNpy, readIntegers } from './npy.ts';

/* Test images that are drawn from elsewhere than those a network was trained on. */

/** Images of one kind among those of a set: how they were changed, and how much. */
export interface Part {
  readonly corruption: string;
  /** From 1 to 5. */
  readonly severity: number;
  /** Where they lie in the set. */
  readonly from: number;
  readonly count: number;
}

export interface ShiftedSet {
  readonly images: ImageSet;
  /** Absent: all of one kind. */
  readonly parts?: readonly Part[];
  /** The classes that the images are of, by rising number, where a network knows more; only these are compared. */
  readonly among?: readonly number[];
}

export const corruptions = [
  ...['brightness', 'contrast', 'defocus_blur', 'elastic_transform', 'fog', 'frost', 'gaussian_blur'],
  ...['gaussian_noise', 'glass_blur', 'impulse_noise', 'jpeg_compression', 'motion_blur', 'pixelate'],
  ...['saturate', 'shot_noise', 'snow', 'spatter', 'speckle_noise', 'zoom_blur'],
] as const;
export const severities = [1, 2, 3, 4, 5] as const;

/** Corrupted test images of CIFAR (Hendrycks and Dietterich 2019): files of numpy. */
export interface CorruptedSource {
  readonly folder: string;
  readonly classes: number;
  readonly corruptions: readonly string[];
  readonly severities: readonly number[];
  /** Of each corruption and severity only the first so many; absent: all. */
  readonly limit?: number | undefined;
}

/** The files of a set of corrupted images: its labels, then one for each corruption. */
export const corruptedFiles = ({ corruptions }: CorruptedSource) =>
  ['labels', ...corruptions].map(name => `${name}.npy`);

/**
 * Corrupted images, one part for each corruption and severity, in that order. A file has the severities one after the
 * other, with as many images each. Throws a Failure of kind 'data'.
 */
export async function openCorrupted(source: CorruptedSource): Promise<ShiftedSet> {
  const { folder, classes, limit = Number.POSITIVE_INFINITY } = source;
  const files = await Promise.all(source.corruptions.map(name => openNpy(join(folder, `${name}.npy`))));
  const ofLabels = await openNpy(join(folder, 'labels.npy'));
  const total = ofLabels.shape[0] ?? 0;
  const each = total / severities.length;
  for (const { name, shape } of files) {
    if (shape[0] === total && Number.isInteger(each) && each > 0) continue;
    throw new Failure(
      'data',
      `Expected ${name} to hold ${total} images, five severities of the labels beside it, got shape [${shape.join(', ')}]`,
      'The file is cut short or of another data set: get it again.',
    );
  }
  const stored = await readIntegers(ofLabels, classes - 1, total);
  const count = Math.min(each, limit);
  const parts: (Part & { array: NpyArray; row: number })[] = files.flatMap((array, f) =>
    source.severities.map((severity, s) => ({
      ...{ corruption: source.corruptions[f]!, severity, array, count, row: (severity - 1) * each },
      from: (f * source.severities.length + s) * count,
    })),
  );
  const labels = new Uint16Array(parts.length * count);
  for (const { from, row } of parts) labels.set(stored.subarray(row, row + count), from);
  const { height, width } = layoutOf(files[0]!);
  const read = async (from: number, some: number) => {
    const bytes = new Uint8Array(some * 3 * height * width);
    for (let done = 0; done < some; ) {
      const at = from + done;
      const part = parts[Math.floor(at / count)]!;
      const within = at - part.from;
      const now = Math.min(some - done, count - within);
      const pixels = await readImages(part.array, layoutOf(part.array), part.row + within, now);
      bytes.set(pixels, done * 3 * height * width);
      done += now;
    }
    return bytes;
  };
  const images: ImageSet = {
    ...{ count: labels.length, channels: 3, height, width, labels, classes, read },
  };
  return { images, parts: parts.map(({ array: _, row: __, ...part }) => part) };
}

/**
 * Renditions of ImageNet's objects (Hendrycks et al. 2021), with their numbers among the 1000 classes of ImageNet. Throws
 * a Failure of kind 'data' for a folder that is not of the 200 classes.
 */
export async function openRenditions(source: FolderSource): Promise<ShiftedSet> {
  const list = await listFolder(source.folder);
  const unknown = list.classNames.find(name => !imagenetRClasses.has(name));
  if (unknown !== undefined) {
    throw new Failure(
      'data',
      `Expected the subfolders of ${source.folder} to be classes of ImageNet-R, got \`${unknown}\``,
      'They are named by their WordNet identifiers: n01443537, ...',
    );
  }
  const renumbered: FolderList = {
    ...list,
    labels: list.labels.map(label => imagenetRClasses.get(list.classNames[label]!)!),
  };
  const images = { ...folderSet(await chosenOf(renumbered, source), source), classes: 1000 };
  return { images, among: [...imagenetRClasses.values()] };
}
