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

/** An RGB image as it is decoded. */
export interface Picture extends ImageSize {
  /** [height, width, 3]: values 0..255. */
  readonly data: Uint8Array;
}

/** Why a grey picture of more than 8 bits is refused. */
export const tooFine =
  'greys of more than 8 bits, of which torchvision makes white all that is over 255: convert them to 8 bits';

/** PIL's limit: a picture of more pixels than any camera takes is a bomb. */
export const mostPixels = 178_956_970;

/** Throws an Error that says why where an image that a file tells of cannot be one. */
export function refusePixels({ width, height }: ImageSize): void {
  if (width >= 1 && height >= 1 && width * height <= mostPixels) return;
  throw new Error(`a picture of ${width}x${height} pixels, not 1 to ${mostPixels} in all`);
}

/** Pixels of one channel. */
export const planeOf = ({ height, width }: ImageSize) => height * width;
/** Values of one image, of three channels. */
export const valuesOf = (size: ImageSize) => 3 * planeOf(size);
