import type { Random } from '../../random.ts';
import type { Interpolation } from '../taps.ts';

/** `random`: one of the two for each image, and for each operation that moves its pixels. */
export type InterpolationChoice = Interpolation | 'random';

export function drawInterpolation(choice: InterpolationChoice, random: Random): Interpolation {
  if (choice !== 'random') return choice;
  return random.below(2) === 0 ? 'bilinear' : 'bicubic';
}
