/** A labelled set of RGB images, held in memory as bytes. */
export interface Images {
  readonly count: number;
  readonly channels: 3;
  readonly height: 32;
  readonly width: 32;
  /** [count, 3, 32, 32]: planar, values 0..255. */
  readonly pixels: Uint8Array;
  /** [count]: 0..classes-1. */
  readonly labels: Uint8Array;
  readonly classes: number;
}

/** Rows, and columns, of an image. */
export const side = 32;
/** Pixels of one channel. */
export const plane = side * side;
/** Values of one image. */
export const imageSize = 3 * plane;
