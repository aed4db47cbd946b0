import type { Random } from '../../random.ts';
import type { Box } from '../crop.ts';
import type { ImageSize } from '../images.ts';
import { beta } from './beta.ts';

/*
 * Mixup (Zhang et al. 2018, arXiv:1710.09412) and CutMix (Yun et al. 2019, arXiv:1905.04899) as timm's FastCollateMixup has
 * them: of bytes, before normalisation, each image of a batch with the one as far from its end.
 */

export interface Mixing {
  /** The parameter of the beta distribution of the shares; 0: none. */
  readonly mixup: number;
  readonly cutmix: number;
  /** How often is mixed at all. */
  readonly probability: number;
  /** Where both are on: how often it is CutMix. */
  readonly switch: number;
  /** What one draw is for: a batch, two images that are mixed with each other, or one image. */
  readonly mode: 'batch' | 'pair' | 'elem';
}

/** How an image is made of itself and its partner. */
export interface Mix {
  /** How much of it, and of its label, is its own. */
  readonly share: number;
  /** CutMix: what comes from the partner. Absent: all is mixed. */
  readonly box?: Box;
}

const unmixed: Mix = { share: 1 };

/** The mixes of a batch of `count` images. */
export function drawMixes(mixing: Mixing, count: number, size: ImageSize, random: Random): Mix[] {
  if (mixing.mode === 'batch') {
    const mix = drawMix(mixing, size, random);
    return Array.from({ length: count }, () => mix);
  }
  const draws = Array.from({ length: mixing.mode === 'pair' ? count / 2 : count }, () =>
    drawMix(mixing, size, random),
  );
  return mixing.mode === 'pair' ? [...draws, ...draws.toReversed()] : draws;
}

function drawMix(mixing: Mixing, size: ImageSize, random: Random): Mix {
  if (random.uniform() >= mixing.probability) return unmixed;
  const cuts = mixing.cutmix > 0 && (mixing.mixup === 0 || random.uniform() < mixing.switch);
  const share = beta(cuts ? mixing.cutmix : mixing.mixup, random);
  if (!cuts) return { share };
  return cutting(size, share, { y: random.below(size.height), x: random.below(size.width) });
}

/** A box of the area that the partner has by `share`, as much of it as lies in the image; its true share with it. */
export function cutting({ height, width }: ImageSize, share: number, middle: { y: number; x: number }): Mix {
  const side = Math.sqrt(1 - share);
  const [rows, columns] = [Math.trunc(height * side), Math.trunc(width * side)];
  const span = (at: number, length: number, end: number) => [
    Math.max(0, at - Math.floor(length / 2)),
    Math.min(end, at + Math.floor((length + 1) / 2)),
  ];
  const [top, bottom] = span(middle.y, rows, height) as [number, number];
  const [left, right] = span(middle.x, columns, width) as [number, number];
  const box = { top, left, height: bottom - top, width: right - left };
  return { share: 1 - (box.height * box.width) / (height * width), box };
}

/** An image [height, width, 3] mixed with its partner. */
export function mixed(
  own: Uint8Array,
  partner: Uint8Array,
  { width }: ImageSize,
  { share, box }: Mix,
): Uint8Array {
  if (share === 1) return own;
  if (box === undefined) return blended(own, partner, share);
  const pixels = own.slice();
  for (let row = box.top; row < box.top + box.height; row++) {
    const from = 3 * (row * width + box.left);
    pixels.set(partner.subarray(from, from + 3 * box.width), from);
  }
  return pixels;
}

/** In float32, rounded to the even one of two bytes as near. */
function blended(own: Uint8Array, partner: Uint8Array, share: number): Uint8Array {
  const [a, b] = [Math.fround(share), Math.fround(1 - share)];
  const pixels = new Uint8ClampedArray(own.length);
  for (let i = 0; i < pixels.length; i++)
    pixels[i] = Math.fround(Math.fround(own[i]! * a) + Math.fround(partner[i]! * b));
  return new Uint8Array(pixels.buffer);
}
