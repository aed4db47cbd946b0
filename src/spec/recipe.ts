import type { Recipe } from './configuration.ts';

/** So many iterations use each of the images as often as there are epochs; the last one goes beyond where it must. */
export const iterationsOf = ({ epochs, batch }: Recipe, images: number) =>
  Math.ceil((epochs * images) / batch);
