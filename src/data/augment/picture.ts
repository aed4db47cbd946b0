import type { ImageSize } from '../images.ts';

/** An image of bytes, [height, width, 3]. What is done to one gives a new one; none is written to. */
export interface Picture extends ImageSize {
  readonly data: Uint8Array;
}

/** The grey of a pixel as PIL computes it for mode L: ITU-R 601-2 in fixed point. */
export const greyOf = (red: number, green: number, blue: number) =>
  (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
