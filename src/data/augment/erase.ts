import type { Random } from '../../random.ts';
import { type Box, rounded } from '../crop.ts';
import { type ImageSize, planeOf } from '../images.ts';

/** Random erasing (Zhong et al. 2020, arXiv:1708.04896) as timm has it, of normalised images. */
export interface Erasing {
  /** How often an image is erased from. */
  readonly probability: number;
  /** What takes the place: zeros, one normal draw for each channel, or one for each value. */
  readonly mode: 'constant' | 'colour' | 'pixel';
  /** Boxes for one image: 1 to so many, each the smaller. */
  readonly count: number;
}

/** Of the image's area, and of height to width. */
const area = [0.02, 1 / 3] as const;
const ratio = [0.3, 1 / 0.3] as const;
const attempts = 10;

/** What is erased of one image. */
export function drawBoxes({ probability, count }: Erasing, size: ImageSize, random: Random): Box[] {
  if (random.uniform() >= probability) return [];
  const boxes = 1 + random.below(count);
  return Array.from({ length: boxes }, () => drawBox(size, boxes, random)).filter(box => box !== undefined);
}

/** A box that is smaller than the image either way; none where ten draws find none. */
function drawBox({ height, width }: ImageSize, boxes: number, random: Random): Box | undefined {
  const [low, high] = [Math.log(ratio[0]), Math.log(ratio[1])];
  for (let attempt = 0; attempt < attempts; attempt++) {
    const share = ((area[0] + random.uniform() * (area[1] - area[0])) * planeOf({ height, width })) / boxes;
    const aspect = Math.exp(low + random.uniform() * (high - low));
    const [h, w] = [rounded(Math.sqrt(share * aspect)), rounded(Math.sqrt(share / aspect))];
    if (h >= height || w >= width) continue;
    const top = random.below(height - h + 1);
    return { top, left: random.below(width - w + 1), height: h, width: w };
  }
  return undefined;
}

/** Erases from a normalised image, [3, height, width]. */
export function erase(image: Float32Array, erasing: Erasing, size: ImageSize, random: Random): void {
  for (const box of drawBoxes(erasing, size, random)) {
    for (let channel = 0; channel < 3; channel++) {
      const colour = erasing.mode === 'colour' ? random.normal() : 0;
      for (let row = box.top; row < box.top + box.height; row++) {
        const from = channel * planeOf(size) + row * size.width + box.left;
        for (let i = from; i < from + box.width; i++)
          image[i] = erasing.mode === 'pixel' ? random.normal() : colour;
      }
    }
  }
}
