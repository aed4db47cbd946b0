import type { Random } from '../../random.ts';
import { type Interpolation, interpolations } from '../taps.ts';

/** `random`: one of the two for each image, and for each operation that moves its pixels. */
export type InterpolationChoice = Interpolation | 'random';

export function drawInterpolation(choice: InterpolationChoice, random: Random): Interpolation {
  if (choice !== 'random') return choice;
  return interpolations[random.below(2)]!;
}
