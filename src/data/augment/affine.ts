import type { Picture } from '../images.ts';
import type { Interpolation } from '../taps.ts';

/*
 * PIL's Image.transform with an affine matrix, by which RandAugment shears, moves and turns: each pixel of what comes out
 * is looked up in the picture; what lies outside of it is `fill`.
 */

/** How what comes of moving a picture is looked up. */
export interface Lookup {
  readonly interpolation: Interpolation;
  /** Red, green and blue of what lies outside the picture. */
  readonly fill: readonly number[];
}

/** Where the pixel at (x, y) comes from: (a x + b y + c, d x + e y + f). */
type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

export const shearX = (picture: Picture, factor: number, lookup: Lookup) =>
  transform(picture, [1, factor, 0, 0, 1, 0], lookup);

export const shearY = (picture: Picture, factor: number, lookup: Lookup) =>
  transform(picture, [1, 0, 0, factor, 1, 0], lookup);

/** By a share of the width. */
export const translateX = (picture: Picture, share: number, lookup: Lookup) =>
  transform(picture, [1, 0, share * picture.width, 0, 1, 0], lookup);

/** By a share of the height. */
export const translateY = (picture: Picture, share: number, lookup: Lookup) =>
  transform(picture, [1, 0, 0, 0, 1, share * picture.height], lookup);

/** By degrees counter-clockwise around the middle, at most 90 either way. */
export function rotate(picture: Picture, degrees: number, lookup: Lookup): Picture {
  if (degrees === 0) return picture;
  // As PIL: of an angle from 0 to 360, to 15 decimals.
  const angle = -((((degrees % 360) + 360) % 360) * (Math.PI / 180));
  const [cos, sin] = [to15(Math.cos(angle)), to15(Math.sin(angle))];
  const [x, y] = [picture.width / 2, picture.height / 2];
  const matrix = [cos, sin, cos * -x + sin * -y + 0 + x, to15(-Math.sin(angle)), cos, 0] as const;
  const [a, b, c, d, e] = matrix;
  return transform(picture, [a, b, c, d, e, d * -x + e * -y + 0 + y], lookup);
}

const to15 = (value: number) => Number(value.toFixed(15));

function transform(picture: Picture, [a, b, c, d, e, f]: Matrix, { interpolation, fill }: Lookup): Picture {
  const { height, width } = picture;
  const data = new Uint8Array(picture.data.length);
  const lookUp = interpolation === 'bilinear' ? bilinear : bicubic;
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      const fromX = a * (x + 0.5) + b * (y + 0.5) + c;
      const fromY = d * (x + 0.5) + e * (y + 0.5) + f;
      if (fromX >= 0 && fromX < width && fromY >= 0 && fromY < height)
        lookUp(picture, fromX - 0.5, fromY - 0.5, data, at);
      else for (let channel = 0; channel < 3; channel++) data[at + channel] = fill[channel]!;
    }
  }
  return { ...picture, data };
}

const within = (index: number, length: number) => (index < 0 ? 0 : index < length ? index : length - 1);

/** Between the four pixels around (x, y); beyond the border its pixels go on. */
function bilinear({ data, height, width }: Picture, x: number, y: number, into: Uint8Array, at: number) {
  const [column, row] = [Math.floor(x), Math.floor(y)];
  const [right, down] = [x - column, y - row];
  const [near, far] = [3 * within(column, width), 3 * within(column + 1, width)];
  const upper = 3 * width * within(row, height);
  const lower = row + 1 < height ? 3 * width * (row + 1) : upper;
  for (let channel = 0; channel < 3; channel++) {
    const above = between(data[upper + near + channel]!, data[upper + far + channel]!, right);
    const below = between(data[lower + near + channel]!, data[lower + far + channel]!, right);
    into[at + channel] = between(above, below, down);
  }
}

const between = (a: number, b: number, share: number) => a + (b - a) * share;

/** Among the sixteen pixels around (x, y); beyond the border its pixels go on. */
function bicubic({ data, height, width }: Picture, x: number, y: number, into: Uint8Array, at: number) {
  const [column, row] = [Math.floor(x), Math.floor(y)];
  const [right, down] = [x - column, y - row];
  const first = 3 * within(column - 1, width);
  const second = 3 * within(column, width);
  const third = 3 * within(column + 1, width);
  const fourth = 3 * within(column + 2, width);
  const stride = 3 * width;
  const above = stride * within(row - 1, height);
  const upper = stride * within(row, height);
  const lower = stride * within(row + 1, height);
  const below = stride * within(row + 2, height);
  for (let channel = 0; channel < 3; channel++) {
    const [a, b] = [first + channel, second + channel];
    const [c, d] = [third + channel, fourth + channel];
    const value = cubic(
      cubic(data[above + a]!, data[above + b]!, data[above + c]!, data[above + d]!, right),
      cubic(data[upper + a]!, data[upper + b]!, data[upper + c]!, data[upper + d]!, right),
      cubic(data[lower + a]!, data[lower + b]!, data[lower + c]!, data[lower + d]!, right),
      cubic(data[below + a]!, data[below + b]!, data[below + c]!, data[below + d]!, right),
      down,
    );
    into[at + channel] = value <= 0 ? 0 : value >= 255 ? 255 : value;
  }
}

/** The cubic through `b` and `c` with slope -1 of PIL's transformations (that of its resizing is another one). */
function cubic(a: number, b: number, c: number, d: number, share: number): number {
  const p2 = -a + c;
  const p3 = 2 * (a - b) + c - d;
  const p4 = -a + b - c + d;
  return b + share * (p2 + share * (p3 + share * p4));
}
