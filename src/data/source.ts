import { type ArrayFiles, readArrays } from './arrays.ts';
import { type CifarName, readCifar } from './cifar.ts';
import { takeFiles } from './folder.ts';
import { type FolderSource, folderSet, openFolder } from './folder-set.ts';
import { takeImages } from './held-out.ts';
import { type ImageSet, inMemory } from './image-set.ts';
import type { Images } from './images.ts';
import type { Noise } from './noise.ts';
import { proceduralImages } from './procedural.ts';
import { readStl10 } from './stl10.ts';

/** The first so many images only; absent: all. */
interface Limited {
  readonly limit?: number | undefined;
}

/** Images that are read into memory: where they come from, with absolute paths; plain JSON. */
export type MemorySource = Limited &
  (
    | { readonly kind: 'procedural'; readonly split: 'train' | 'test' }
    | { readonly kind: CifarName; readonly root: string; readonly split: 'train' | 'test' }
    | { readonly kind: 'stl10'; readonly root: string; readonly split: 'train' | 'test' | 'unlabeled' }
    /** `split` names the arrays in an archive that holds several. */
    | { readonly kind: 'arrays'; readonly files: ArrayFiles; readonly split: 'train' | 'test' }
  );

/** Images, in memory or decoded when they are looked at. */
export type Source = MemorySource | ({ readonly kind: 'folder' } & FolderSource);

/** What training may be shown. */
export type TrainingSource = Source | ({ readonly kind: 'noise' } & Noise);

/** Reads images into memory. Throws a Failure of kind 'data'. */
export async function readImages(source: MemorySource): Promise<Images> {
  switch (source.kind) {
    case 'procedural':
      return proceduralImages(source.split, source.limit);
    case 'cifar10':
    case 'cifar100':
      return readCifar({ ...source, dataset: source.kind });
    case 'stl10':
      return readStl10(source.root, source.split, source.limit);
    case 'arrays':
      return readArrays(source.files, source.split, source.limit);
  }
}

/**
 * Opens images to measure on: all, or those that `choose` names by their indices, given how many there are. Throws a
 * Failure of kind 'data'.
 */
export async function openSource(source: Source, choose?: (count: number) => Uint32Array): Promise<ImageSet> {
  if (source.kind === 'folder') {
    const list = await openFolder(source);
    return folderSet(choose ? takeFiles(list, choose(list.files.length)) : list, source);
  }
  const images = await readImages(source);
  return inMemory(choose ? takeImages(images, choose(images.count)) : images);
}
