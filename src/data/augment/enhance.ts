import type { Picture } from '../images.ts';
import { greyOf } from './grey.ts';

/*
 * PIL's ImageEnhance: a picture and one without what is enhanced, blended. A factor of 1 changes nothing, 0 takes it all
 * away, more than 1 exaggerates.
 */

/** Blended with black. */
export const brightness = (picture: Picture, factor: number) => blend(picture, factor, () => 0);

/** Blended with its mean grey. */
export function contrast(picture: Picture, factor: number): Picture {
  const { data } = picture;
  let sum = 0;
  for (let i = 0; i < data.length; i += 3) sum += greyOf(data[i]!, data[i + 1]!, data[i + 2]!);
  const mean = Math.floor(sum / (data.length / 3) + 0.5);
  return blend(picture, factor, () => mean);
}

/** Blended with its greys. */
export function saturation(picture: Picture, factor: number): Picture {
  const { data } = picture;
  return blend(picture, factor, i => {
    const first = i - (i % 3);
    return greyOf(data[first]!, data[first + 1]!, data[first + 2]!);
  });
}

/** Blended with itself smoothed. */
export function sharpness(picture: Picture, factor: number): Picture {
  const smooth = smoothed(picture);
  return blend(picture, factor, i => smooth[i]!);
}

/** PIL's SMOOTH: of nine pixels the middle one counts five times; those at the border stay. */
function smoothed({ data, height, width }: Picture): Uint8Array {
  const smooth = data.slice();
  const row = 3 * width;
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * row + 3; i < (y + 1) * row - 3; i++) {
      const above = data[i - row - 3]! + data[i - row]! + data[i - row + 3]!;
      const below = data[i + row - 3]! + data[i + row]! + data[i + row + 3]!;
      const sum = above + data[i - 3]! + 5 * data[i]! + data[i + 3]! + below;
      // Divided by 13, to the nearest; no sum lies half-way.
      smooth[i] = ((2 * sum + 13) / 26) | 0;
    }
  }
  return smooth;
}

/** PIL's Image.blend, in float32, cut off; `degenerate` gives the other picture's value at an index. */
function blend(picture: Picture, factor: number, degenerate: (index: number) => number): Picture {
  const alpha = Math.fround(factor);
  if (alpha === 1) return picture;
  const data = new Uint8ClampedArray(picture.data.length);
  for (let i = 0; i < data.length; i++) {
    const other = degenerate(i);
    data[i] = Math.trunc(Math.fround(other + Math.fround(alpha * (picture.data[i]! - other))));
  }
  return { ...picture, data: new Uint8Array(data.buffer) };
}
