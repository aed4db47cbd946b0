import type { Random } from '../random.ts';
import type { ImageSize } from './images.ts';
import type { Interpolation } from './taps.ts';

/** A rectangle of an image, in pixels. */
export interface Box extends ImageSize {
  readonly left: number;
  readonly top: number;
}

/** How images of any size become those that a network takes. */
export interface Sizing {
  /** Rows and columns of what the network takes. */
  readonly size: number;
  /** What the shorter side is resized to before the centre is cut out, where nothing is random. */
  readonly resize: number;
  readonly interpolation: Interpolation;
}

/** As Python rounds, and so torchvision: halves to the even neighbour. */
export function rounded(x: number): number {
  const whole = Math.round(x);
  return Math.abs(x % 1) === 0.5 && whole % 2 !== 0 ? whole - 1 : whole;
}

/** The size of an image whose shorter side is resized to `resize`: torchvision's Resize, which cuts off fractions. */
export function resized({ width, height }: ImageSize, resize: number): ImageSize {
  const longer = (long: number, short: number) => Math.max(resize, Math.floor((resize * long) / short));
  return width <= height
    ? { width: resize, height: longer(height, width) }
    : { width: longer(width, height), height: resize };
}

/** The middle of an image: torchvision's CenterCrop. The image is no smaller. */
export function centre({ width, height }: ImageSize, size: number): Box {
  return {
    ...{ left: rounded((width - size) / 2), top: rounded((height - size) / 2) },
    ...{ width: size, height: size },
  };
}

/** What a random crop keeps to. */
export interface CropBounds {
  /** The least and the largest share of the image's area. */
  readonly scale: readonly [number, number];
  /** The least and the largest ratio of width to height. */
  readonly ratio: readonly [number, number];
}

/** torchvision's and timm's defaults, those of the Inception networks. */
export const inception: CropBounds = { scale: [0.08, 1], ratio: [3 / 4, 4 / 3] };

const attempts = 10;

/**
 * A random rectangle: torchvision's RandomResizedCrop. Ten times a share of the area and a ratio of the sides (evenly in
 * its logarithm) are drawn; the first rectangle that lies in the image is taken, else the largest in its middle whose
 * ratio is within the bounds.
 */
export function randomCrop({ width, height }: ImageSize, random: Random, { scale, ratio }: CropBounds): Box {
  const [low, high] = [Math.log(ratio[0]), Math.log(ratio[1])];
  for (let attempt = 0; attempt < attempts; attempt++) {
    const area = width * height * (scale[0] + random.uniform() * (scale[1] - scale[0]));
    const aspect = Math.exp(low + random.uniform() * (high - low));
    const [w, h] = [rounded(Math.sqrt(area * aspect)), rounded(Math.sqrt(area / aspect))];
    if (w < 1 || w > width || h < 1 || h > height) continue;
    const top = random.below(height - h + 1);
    return { left: random.below(width - w + 1), top, width: w, height: h };
  }
  return largest({ width, height }, ratio);
}

function largest({ width, height }: ImageSize, ratio: CropBounds['ratio']): Box {
  const own = width / height;
  const size =
    own < ratio[0]
      ? { width, height: rounded(width / ratio[0]) }
      : own > ratio[1]
        ? { width: rounded(height * ratio[1]), height }
        : { width, height };
  return {
    left: Math.floor((width - size.width) / 2),
    top: Math.floor((height - size.height) / 2),
    ...size,
  };
}
