import { createRandom } from '../../random.ts';
import { type CropBounds, rounded } from '../crop.ts';
import type { Picture } from '../images.ts';
import type { Normalization } from '../normalize.ts';
import type { Erasing } from './erase.ts';
import type { InterpolationChoice } from './interpolation.ts';
import { applyJitter, drawJitter, type Jitter } from './jitter.ts';
import type { Mixing } from './mix.ts';
import { type RandAugment, randAugment } from './rand-augment.ts';

/*
 * What training may do to its images, in the order of timm's pipeline: crop and flip, RandAugment, colour jitter; then, of
 * a batch, mixing; then, once they are normalised, erasing. What is absent is not done.
 */

/** Settings of augmentation; plain JSON. */
export interface Augmentation {
  /** How often an image is flipped left to right. */
  readonly flip: number;
  /** How images are resized, and looked up where RandAugment moves them. Absent: as the source says, or bilinear. */
  readonly interpolation?: InterpolationChoice | undefined;
  /** Of images in folders. */
  readonly crop?: CropBounds | undefined;
  readonly randAugment?: RandAugment | undefined;
  readonly jitter?: Jitter | undefined;
  readonly mix?: Mixing | undefined;
  readonly erase?: Erasing | undefined;
}

/** Flips and crops alone. */
export const flipsAndCrops: Augmentation = { flip: 0.5 };

/** What is looked at outside a picture that was moved: timm's mean colour, rounded as Python rounds. */
export const meanColour = ({ mean }: Normalization) => mean.map(value => Math.min(255, rounded(255 * value)));

/** A picture after RandAugment and colour jitter, as `seed` decides. */
export function changed(
  picture: Picture,
  { randAugment: operations, jitter }: Augmentation,
  interpolation: InterpolationChoice,
  fill: readonly number[],
  seed: number,
): Picture {
  let result = picture;
  if (operations)
    result = randAugment(result, operations, interpolation, fill, createRandom(seed, 'operations'));
  if (jitter) result = applyJitter(result, drawJitter(jitter, createRandom(seed, 'jitter')));
  return result;
}
