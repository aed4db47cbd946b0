import { Failure } from '../failure.ts';
import { createRandom, shuffled } from '../random.ts';
import { type Images, valuesOf } from './images.ts';

/** Numbers the shuffle that parts the images: any number would do, as long as it is the same for every run. */
const splitSeed = 2023;

/**
 * Parts `count` training images into those to train with and those held out to choose by, the last `heldOut` after a
 * fixed shuffle; both by rising index. Throws a Failure of kind 'data' where none are left to train with.
 */
export function divide(count: number, heldOut: number): { kept: Uint32Array; held: Uint32Array } {
  if (heldOut === 0)
    return { kept: Uint32Array.from({ length: count }, (_, i) => i), held: new Uint32Array() };
  if (heldOut >= count) {
    throw new Failure(
      'data',
      `Expected \`data.heldOut\` to be less than the ${count} training images, got \`${heldOut}\``,
      'The images held out are taken from those to train with.',
    );
  }
  const order = shuffled(count, createRandom(splitSeed, 'held-out'));
  return { kept: order.slice(0, count - heldOut).sort(), held: order.slice(count - heldOut).sort() };
}

/** Some of the images, by their indices. */
export function takeImages(images: Images, indices: Uint32Array): Images {
  const values = valuesOf(images);
  const pixels = new Uint8Array(indices.length * values);
  const labels = images.labels.slice(0, indices.length);
  for (const [to, from] of indices.entries()) {
    pixels.set(images.pixels.subarray(from * values, (from + 1) * values), to * values);
    labels[to] = images.labels[from]!;
  }
  return { ...images, count: indices.length, pixels, labels };
}
