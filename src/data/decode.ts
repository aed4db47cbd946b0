import type { Sharp, SharpOptions } from 'sharp';
import { Failure } from '../failure.ts';
import { once } from '../once.ts';
import { createRandom } from '../random.ts';
import { type Box, centre, randomCrop, resized, type Sizing } from './crop.ts';
import type { ImageSize } from './images.ts';

/** An image as it is decoded: rows of pixels of three bytes, [height, width, 3]. */
export type Interleaved = Uint8Array;

/**
 * Colour profiles are ignored, and nothing is turned by what a camera says, as torchvision has it. What can be decoded
 * only in part is refused; a picture of more pixels than any camera takes is a bomb.
 */
const options: SharpOptions = {
  ...{ failOn: 'error', ignoreIcc: true, autoOrient: false, limitInputPixels: 200_000_000 },
};

/** Loaded when the first image is. The kinds of file that a data set has no use for are not even tried. */
const decoder = once(async () => {
  const { default: sharp } = await import('sharp');
  sharp.cache(false);
  sharp.block({ operation: ['VipsForeignLoad'] });
  const kinds = ['Jpeg', 'Png', 'Webp', 'Tiff'];
  sharp.unblock({ operation: kinds.map(kind => `VipsForeignLoad${kind}`) });
  return sharp;
});

/**
 * What a test sees of an image: the shorter side resized, then the centre, [size, size, 3]. Values are those of
 * torchvision's Resize (bilinear, with antialiasing, on images of PIL) and CenterCrop, give or take what rounding
 * between the two passes makes. Throws a Failure of kind 'data' that names the file when it cannot be decoded.
 */
export function decodeCentre(file: string, { size, resize }: Sizing): Promise<Interleaved> {
  return decode(file, (image, natural) => {
    const scaled = resized(natural, resize);
    return stretch(image, scaled).extract(centre(scaled, size));
  });
}

/**
 * What training sees of an image: a random crop resized to [size, size, 3], flipped in half of the cases. `seed` decides
 * both, whatever else is drawn. Throws as `decodeCentre`.
 */
export function decodeRandom(file: string, size: number, seed: number): Promise<Interleaved> {
  return decode(file, (image, natural) => {
    const random = createRandom(seed, 'view');
    const flip = random.uint32() >= 2 ** 31;
    const view = cut(image, randomCrop(natural, random), size);
    return flip ? view.flop() : view;
  });
}

/** A rectangle of an image, resized to [size, size, 3]. Throws as `decodeCentre`. */
export function decodeBox(file: string, box: Box, size: number): Promise<Interleaved> {
  return decode(file, image => cut(image, box, size));
}

const cut = (image: Sharp, box: Box, size: number) =>
  stretch(image.extract(box), { width: size, height: size });

/**
 * Triangle filter, as wide as the scale asks: PIL's BILINEAR. What is enlarged lies half a pixel further right and down
 * than there, which a random crop does not notice.
 */
const stretch = (image: Sharp, { width, height }: ImageSize) =>
  image.resize(width, height, { fit: 'fill', kernel: 'linear', fastShrinkOnLoad: false });

async function decode(file: string, prepare: (image: Sharp, size: ImageSize) => Sharp): Promise<Interleaved> {
  const sharp = await decoder();
  try {
    const { width, height } = await sharp(file, options).metadata();
    return await prepare(sharp(file, options), { width, height })
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer();
  } catch (error) {
    throw cannotDecode(file, error);
  }
}

/** Whether an image can be decoded to its end; if not, why. Decodes all of it, but only to a thumbnail. */
export async function whyBroken(file: string): Promise<string | undefined> {
  const sharp = await decoder();
  try {
    await sharp(file, options).resize(16, 16, { fit: 'fill' }).raw().toBuffer();
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

function cannotDecode(file: string, error: unknown): Failure {
  return new Failure(
    'data',
    `Expected ${file} to be an image that can be decoded, got: ${reasonOf(error)}`,
    'Get the file again, or let `data.corrupt: skip` leave such images out.',
    { file },
  );
}

const reasonOf = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]!.trim();
