/** A labelled set of RGB images of one size, held in memory as bytes. */
export interface Images {
  readonly count: number;
  readonly channels: 3;
  readonly height: number;
  readonly width: number;
  /** [count, 3, height, width]: planar, values 0..255. */
  readonly pixels: Uint8Array;
  /** [count]: 0..classes-1. */
  readonly labels: Labels;
  readonly classes: number;
}

/** Uint16Array where there are more than 256 classes. */
export type Labels = Uint8Array | Uint16Array;

/** Rows and columns of an image. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
}

/** Pixels of one channel. */
export const planeOf = ({ height, width }: ImageSize) => height * width;
/** Values of one image, of three channels. */
export const valuesOf = (size: ImageSize) => 3 * planeOf(size);
