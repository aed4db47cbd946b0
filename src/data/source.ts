import { type ArrayFiles, readArrays } from './arrays.ts';
import { type CifarName, readCifar } from './cifar.ts';
import type { Images } from './images.ts';
import { proceduralImages } from './procedural.ts';
import { readStl10 } from './stl10.ts';

/** Where images come from, with absolute paths; plain JSON. `limit`: the first so many only. */
export type Source =
  | { readonly kind: 'procedural'; readonly split: 'train' | 'test'; readonly limit?: number | undefined }
  | {
      readonly kind: CifarName;
      readonly root: string;
      readonly split: 'train' | 'test';
      readonly limit?: number | undefined;
    }
  | {
      readonly kind: 'stl10';
      readonly root: string;
      readonly split: 'train' | 'test' | 'unlabeled';
      readonly limit?: number | undefined;
    }
  | {
      readonly kind: 'arrays';
      readonly files: ArrayFiles;
      /** Names the arrays in an archive that holds several. */
      readonly split: 'train' | 'test';
      readonly limit?: number | undefined;
    };

/** Reads images into memory. Throws a Failure of kind 'data'. */
export async function readImages(source: Source): Promise<Images> {
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
