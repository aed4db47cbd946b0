import { Failure } from '../failure.ts';
import { createRandom } from '../random.ts';
import { drawInterpolation, type InterpolationChoice } from './augment/interpolation.ts';
import { type Box, type CropBounds, centre, randomCrop, resized, type Sizing } from './crop.ts';
import type { ImageSize, Picture } from './images.ts';
import { readImage } from './read-image.ts';
import { resample } from './resample.ts';
import type { Interpolation } from './taps.ts';

/**
 * What a test sees of an image: the shorter side resized, then the centre, [size, size, 3], as torchvision's Resize and
 * CenterCrop make it of images of PIL. Throws a Failure of kind 'data' that names the file when it cannot be decoded.
 */
export async function decodeCentre(file: string, sizing: Sizing): Promise<Uint8Array> {
  const { size, resize, interpolation } = sizing;
  const image = await decode(file);
  const scaled = resized(image, resize);
  return resample(image, {
    ...{ box: whole(image), resized: scaled, part: centre(scaled, size), interpolation },
  });
}

/** How training sees the images of a folder. */
export interface RandomView {
  /** Rows and columns of what it sees. */
  readonly size: number;
  readonly crop: CropBounds;
  readonly interpolation: InterpolationChoice;
  /** How often an image is flipped left to right. */
  readonly flip: number;
}

/**
 * What training sees of an image: a random crop resized to [size, size, 3], flipped or not. `seed` decides both, and the
 * interpolation where it is random, whatever else is drawn. Throws as `decodeCentre`.
 */
export async function decodeRandom(file: string, view: RandomView, seed: number): Promise<Uint8Array> {
  const image = await decode(file);
  const random = createRandom(seed, 'view');
  const flip = random.uniform() >= 1 - view.flip;
  const box = randomCrop(image, random, view.crop);
  const seen = cut(image, box, view.size, drawInterpolation(view.interpolation, random));
  if (flip) mirror(seen, view.size);
  return seen;
}

/** A rectangle of an image, resized to [size, size, 3]. Throws as `decodeCentre`. */
export const decodeBox = async (file: string, box: Box, size: number, interpolation: Interpolation) =>
  cut(await decode(file), box, size, interpolation);

/** Why an image cannot be decoded to its end; undefined where it can. */
export const whyBroken = (file: string): Promise<string | undefined> =>
  readImage(file).then(() => undefined, reasonOf);

const whole = ({ width, height }: ImageSize): Box => ({ left: 0, top: 0, width, height });

function cut(image: Picture, box: Box, size: number, interpolation: Interpolation): Uint8Array {
  const square = { width: size, height: size };
  return resample(image, { box, resized: square, part: whole(square), interpolation });
}

/** Turns every row of [rows, width, 3] round. */
function mirror(pixels: Uint8Array, width: number): void {
  for (let row = 0; row < pixels.length; row += 3 * width) {
    for (let left = row, right = row + 3 * (width - 1); left < right; left += 3, right -= 3) {
      for (let channel = 0; channel < 3; channel++) {
        const kept = pixels[left + channel]!;
        pixels[left + channel] = pixels[right + channel]!;
        pixels[right + channel] = kept;
      }
    }
  }
}

const decode = (file: string): Promise<Picture> =>
  readImage(file).catch(error => {
    throw new Failure(
      'data',
      `Expected ${file} to be an image that can be decoded, got: ${reasonOf(error)}`,
      'Get the file again, or let `data.corrupt: skip` leave such images out.',
      { file },
    );
  });

const reasonOf = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]!.trim();
