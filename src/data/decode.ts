import { Failure } from '../failure.ts';
import { createRandom } from '../random.ts';
import { type Box, centre, randomCrop, resized, type Sizing } from './crop.ts';
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

/**
 * What training sees of an image: a random crop resized to [size, size, 3], flipped in half of the cases. `seed` decides
 * both, whatever else is drawn. Throws as `decodeCentre`.
 */
export async function decodeRandom(
  file: string,
  size: number,
  interpolation: Interpolation,
  seed: number,
): Promise<Uint8Array> {
  const image = await decode(file);
  const random = createRandom(seed, 'view');
  const flip = random.uint32() >= 2 ** 31;
  const view = cut(image, randomCrop(image, random), size, interpolation);
  if (flip) mirror(view, size);
  return view;
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
