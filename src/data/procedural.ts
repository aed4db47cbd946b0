import { createRandom, type Random } from '../random.ts';
import type { Images } from './images.ts';
import { type Placement, placeShape, shapes, side } from './shapes.ts';

/** The built-in image set: ten kinds of shape, told apart by form alone. */
const sizes = { train: 10_000, test: 2_000 } as const;
const seed = 2023;

const plane = side * side;
const imageSize = 3 * plane;

/** Of all pixels and then all labels of a split: what the set is, without computing it. */
export const proceduralSha256 = {
  train: '99380dc000b9c371a3647993023313f301ea9a1473868f14b1de9f5eb3ba8e82',
  test: '93021e6ef2bec9b3a83b8eec5b04f84053b86fceb8d3bafdb5ebf59948ee1df1',
} as const;

/** What makes the set hard; chosen so that a ResNet8 gets about nine images in ten right. */
const noise = 23;
const clutter = 60;
const distractors = 4;

/**
 * The first `limit` images (all when absent) of a deterministic set of ten classes: one large shape of random
 * place, size, rotation, colours and contrast among smaller distractors, on a cluttered, noisy ground. Image i is a
 * function of (split, i) alone. Only operations that IEEE 754 defines to the last bit are used (no Math.sin and the
 * like), so each machine makes the same bytes.
 */
export function proceduralImages(split: 'train' | 'test', limit: number = sizes[split]): Images {
  const count = Math.min(limit, sizes[split]);
  const pixels = new Uint8Array(count * imageSize);
  const clamped = new Uint8ClampedArray(pixels.buffer);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % shapes.length);
  const canvas = new Float64Array(imageSize);
  for (let i = 0; i < count; i++) {
    const random = createRandom(seed, `procedural/${split}/${i}`);
    paintGround(canvas, random);
    for (let n = random.below(distractors + 1); n > 0; n--) {
      paintShape(canvas, random.below(shapes.length), distractorPlacement(random), random);
    }
    paintShape(canvas, labels[i]!, subjectPlacement(random), random);
    paintNoise(canvas, random, clamped, i * imageSize);
  }
  return { count, channels: 3, height: side, width: side, pixels, labels, classes: shapes.length };
}

function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}

/** Cells of the coarse lattice whose interpolated random values are the ground. */
const latticeCells = 4;
const cell = side / latticeCells;

function paintGround(canvas: Float64Array, random: Random): void {
  const corners = latticeCells + 1;
  for (let channel = 0; channel < 3; channel++) {
    const level = between(random, 70, 185);
    const lattice = Float64Array.from(
      { length: corners * corners },
      () => level + between(random, -clutter, clutter),
    );
    for (let y = 0; y < side; y++) {
      const row = Math.floor(y / cell) * corners;
      const down = (y % cell) / cell;
      for (let column = 0; column < latticeCells; column++) {
        const at = row + column;
        const left = lattice[at]! + down * (lattice[at + corners]! - lattice[at]!);
        const right = lattice[at + 1]! + down * (lattice[at + corners + 1]! - lattice[at + 1]!);
        const start = channel * plane + y * side + column * cell;
        for (let x = 0; x < cell; x++) canvas[start + x] = left + (x / cell) * (right - left);
      }
    }
  }
}

/** The largest half-angle tangent of a rotation: about 14 degrees either way, so that + never looks like x. */
const tilt = 0.125;

function subjectPlacement(random: Random): Placement {
  const radius = between(random, 6.5, 11.5);
  const room = side / 2 - radius + 2;
  return {
    x: side / 2 + between(random, -room, room),
    y: side / 2 + between(random, -room, room),
    radius,
    tangent: between(random, -tilt, tilt),
    detail: random.uniform(),
  };
}

function distractorPlacement(random: Random): Placement {
  return {
    x: between(random, 0, side),
    y: between(random, 0, side),
    radius: between(random, 1.5, 4),
    tangent: between(random, -tilt, tilt),
    detail: random.uniform(),
  };
}

/** Blends a shape of a random colour over the canvas: lighter or darker than the ground at random, per channel. */
function paintShape(canvas: Float64Array, kind: number, placement: Placement, random: Random): void {
  const contrast = between(random, 40, 115);
  const tint = Float64Array.from({ length: 3 }, () => between(random, 0.25, 1));
  const polarity = random.below(2) === 0 ? -1 : 1;
  // One channel may go the other way: then the shape differs in hue more than in brightness.
  const odd = random.below(6);
  placeShape(kind, placement, (pixel, coverage) => {
    for (let channel = 0; channel < 3; channel++) {
      const sign = channel === odd ? -polarity : polarity;
      canvas[channel * plane + pixel]! += sign * contrast * tint[channel]! * coverage;
    }
  });
}

/**
 * Adds noise that is uniform with standard deviation `noise`, and rounds to 0..255. One random byte a value, from
 * Marsaglia's xorshift32: 37 million values for the whole set must cost next to nothing.
 */
function paintNoise(canvas: Float64Array, random: Random, pixels: Uint8ClampedArray, start: number): void {
  const scale = noise / Math.sqrt((256 * 256 - 1) / 12);
  let bits = random.uint32() | 1;
  for (let i = 0; i < imageSize; i += 4) {
    bits ^= bits << 13;
    bits ^= bits >>> 17;
    bits ^= bits << 5;
    for (let j = 0; j < 4; j++) {
      const byte = (bits >>> (8 * j)) & 255;
      pixels[start + i + j] = canvas[i + j]! + scale * (byte - 127.5);
    }
  }
}
