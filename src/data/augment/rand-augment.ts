import type { Random } from '../../random.ts';
import type { Picture } from '../images.ts';
import { type Lookup, rotate, shearX, shearY, translateX, translateY } from './affine.ts';
import { brightness, contrast, saturation, sharpness } from './enhance.ts';
import { drawInterpolation, type InterpolationChoice } from './interpolation.ts';
import { autoContrast, equalize, invert, posterize, solarize, solarizeAdd } from './levels.ts';

/*
 * RandAugment (Cubuk et al. 2020, arXiv:1909.13719) as timm has it: its fifteen operations, their strengths, and the noise
 * on the magnitude that is timm's own.
 */

/** Settings in the words of timm's `rand-mM-nN-pP-mstdS-inc1`. */
export interface RandAugment {
  /** M, 0 to 10. */
  readonly magnitude: number;
  /** mstd: the standard deviation of the magnitude, which is drawn anew for each operation. */
  readonly std: number;
  /** n: operations drawn for each image. */
  readonly layers: number;
  /** p: how often a drawn operation is done. */
  readonly probability: number;
  /** inc: whether all operations change more as the magnitude rises. */
  readonly increasing: boolean;
}

/** How strongly an operation acts. */
export interface Strength {
  /** From 0 to 1. */
  readonly level: number;
  /** Which of two ways operations go that know two. */
  readonly sign: 1 | -1;
  readonly increasing: boolean;
}

type Operation = (picture: Picture, strength: Strength, lookup: Lookup) => Picture;

/** The factor of an enhancement: 0.1 to 1.9, or away from 1 either way. */
const factorOf = ({ level, sign, increasing }: Strength) =>
  increasing ? Math.max(0.1, 1 + sign * (level * 0.9)) : level * 1.8 + 0.1;

export const operations = {
  autoContrast,
  equalize,
  invert,
  rotate: (picture, { level, sign }, lookup) => rotate(picture, sign * (level * 30), lookup),
  posterize(picture, { level, increasing }) {
    const bits = Math.trunc(level * 4);
    return posterize(picture, increasing ? 4 - bits : bits);
  },
  solarize(picture, { level, increasing }) {
    const threshold = Math.trunc(level * 256);
    return solarize(picture, increasing ? 256 - threshold : threshold);
  },
  solarizeAdd: (picture, { level }) => solarizeAdd(picture, Math.trunc(level * 110)),
  colour: (picture, strength) => saturation(picture, factorOf(strength)),
  contrast: (picture, strength) => contrast(picture, factorOf(strength)),
  brightness: (picture, strength) => brightness(picture, factorOf(strength)),
  sharpness: (picture, strength) => sharpness(picture, factorOf(strength)),
  shearX: (picture, { level, sign }, lookup) => shearX(picture, sign * (level * 0.3), lookup),
  shearY: (picture, { level, sign }, lookup) => shearY(picture, sign * (level * 0.3), lookup),
  translateX: (picture, { level, sign }, lookup) => translateX(picture, sign * (level * 0.45), lookup),
  translateY: (picture, { level, sign }, lookup) => translateY(picture, sign * (level * 0.45), lookup),
} as const satisfies Record<string, Operation>;

const names = Object.keys(operations) as (keyof typeof operations)[];

/** What is drawn for one image: some operations, each with its strength and interpolation. */
export function drawOperations(
  settings: RandAugment,
  choice: InterpolationChoice,
  random: Random,
): { name: keyof typeof operations; strength: Strength; interpolation: Lookup['interpolation'] }[] {
  const { magnitude, std, layers, probability, increasing } = settings;
  return Array.from({ length: layers }, () => {
    const name = names[random.below(names.length)]!;
    const done = random.uniform() < probability;
    const drawn = Math.min(10, Math.max(0, magnitude + std * random.normal()));
    const sign: Strength['sign'] = random.below(2) === 0 ? 1 : -1;
    const interpolation = drawInterpolation(choice, random);
    return { done, name, strength: { level: drawn / 10, sign, increasing }, interpolation };
  }).filter(({ done }) => done);
}

/** The picture after the operations drawn for it; `fill` is what lies outside of one that was moved. */
export function randAugment(
  picture: Picture,
  settings: RandAugment,
  choice: InterpolationChoice,
  fill: Lookup['fill'],
  random: Random,
): Picture {
  return drawOperations(settings, choice, random).reduce((changed, { name, strength, interpolation }) => {
    const operation: Operation = operations[name];
    return operation(changed, strength, { interpolation, fill });
  }, picture);
}
