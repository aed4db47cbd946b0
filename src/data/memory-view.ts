import type { View } from './batches.ts';
import { type Images, planeOf, valuesOf } from './images.ts';

/** A view of an image in memory, [height, width, 3]; what lies outside is black. */
export function viewOf(images: Images, index: number, { flip, down, right }: View): Uint8Array {
  const { height, width, pixels } = images;
  const [values, plane] = [valuesOf(images), planeOf(images)];
  const seen = new Uint8Array(values);
  for (let row = Math.max(0, -down); row < Math.min(height, height - down); row++) {
    for (let column = Math.max(0, -right); column < Math.min(width, width - right); column++) {
      const from = flip ? width - 1 - (column + right) : column + right;
      const at = index * values + (row + down) * width + from;
      for (let channel = 0; channel < 3; channel++)
        seen[3 * (row * width + column) + channel] = pixels[at + channel * plane]!;
    }
  }
  return seen;
}
