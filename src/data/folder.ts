import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import { createRandom, shuffled } from '../random.ts';

/** The images below a folder, of which each subfolder is a class. */
export interface FolderList {
  readonly folder: string;
  /** Names of the subfolders, sorted; their order numbers the classes. */
  readonly classNames: readonly string[];
  /** Paths from the folder on, with slashes. */
  readonly files: readonly string[];
  /** [files]: which class each is of. */
  readonly labels: Uint16Array;
}

/** The kinds of image that torchvision's ImageFolder looks for, whatever the case of their endings. */
const endings = ['.jpg', '.jpeg', '.png', '.ppm', '.bmp', '.pgm', '.tif', '.tiff', '.webp'];
const isImage = (name: string) => endings.some(ending => name.toLowerCase().endsWith(ending));

/** Labels are held in 16 bits. */
const maxClasses = 65_536;
/** Ten times ImageNet with all its classes. */
const maxFiles = 150_000_000;
/** A subfolder may be ordered by further ones; a link that leads back ends here. */
const maxDepth = 8;

/**
 * The images of every class, as torchvision's ImageFolder finds them: classes by the sorted names of the subfolders, in
 * each of them the files, sorted, also those deeper down. Hidden files are left out. Throws a Failure of kind 'data'
 * for a folder that is missing, has no subfolders, or has one without images.
 */
export async function listFolder(folder: string): Promise<FolderList> {
  const classNames = await classesIn(folder);
  if (classNames.length > maxClasses) {
    throw new Failure(
      'data',
      `Expected ${folder} to have at most ${maxClasses} classes, got ${classNames.length}`,
    );
  }
  const files: string[] = [];
  const labels: number[] = [];
  for (const [label, name] of classNames.entries()) {
    const found = await imagesBelow(folder, name, maxDepth);
    if (found.length === 0) {
      throw new Failure(
        'data',
        `Expected each subfolder of ${folder} to hold images (${endings.join(', ')}), found none in \`${name}\``,
        'Each subfolder is a class: move others elsewhere.',
      );
    }
    for (const file of found) {
      files.push(file);
      labels.push(label);
    }
    if (files.length > maxFiles) {
      throw new Failure('data', `Expected ${folder} to hold at most ${maxFiles} images, got more`);
    }
  }
  return { folder, classNames, files, labels: Uint16Array.from(labels) };
}

/**
 * The names of a folder's classes, in their order. Links are followed: classes often lie on several disks. Throws a
 * Failure of kind 'data'.
 */
export async function classesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(error => {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    const got = code === 'ENOENT' || code === 'ENOTDIR' ? 'found none' : `got \`${code}\``;
    throw new Failure(
      'data',
      `Expected a folder of images at ${folder}, ${got}`,
      'It has a subfolder for each class; `nern-sweep data` brings data sets there.',
    );
  });
  const names: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(join(folder, entry.name)))))
      names.push(entry.name);
  }
  if (names.length > 0) return names.sort(byCodePoints);
  throw new Failure(
    'data',
    `Expected ${folder} to hold a subfolder of images for each class, found none`,
    'Put the images of each class into a folder of its own.',
  );
}

/** Whether there is a folder, or a link to one. */
export const isFolder = (path: string) =>
  stat(path).then(
    status => status.isDirectory(),
    () => false,
  );

/** As Python sorts names; JavaScript has those beyond U+FFFF before others. */
const byCodePoints = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

async function imagesBelow(folder: string, below: string, depth: number): Promise<string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true }).catch(() => []);
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const path = `${below}/${entry.name}`;
    if (isImage(entry.name) && !entry.isDirectory()) found.push(path);
    else if (depth > 0 && (entry.isDirectory() || entry.isSymbolicLink()))
      for (const deeper of await imagesBelow(folder, path, depth - 1)) found.push(deeper);
  }
  return found;
}

/** Numbers the fixed order below: any number would do. */
const orderSeed = 2023;

/**
 * The images in a fixed random order, the same everywhere, and of these the first `limit`: the files lie class by
 * class, and the first thousand of ImageNet would all be fish.
 */
export function inFixedOrder(list: FolderList, limit = Number.POSITIVE_INFINITY): FolderList {
  const order = shuffled(list.files.length, createRandom(orderSeed, 'folder')).subarray(
    0,
    Math.min(limit, list.files.length),
  );
  return takeFiles(list, order);
}

/** Some of the images, by their indices. */
export function takeFiles(list: FolderList, indices: Uint32Array): FolderList {
  const files = Array.from(indices, i => list.files[i]!);
  return { ...list, files, labels: Uint16Array.from(indices, i => list.labels[i]!) };
}
