/** Rows, and columns, of an image. */
export const side = 32;

/** Where a shape lies: centre and radius in pixels, rotation as the tangent of half its angle. */
export interface Placement {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly tangent: number;
  /** 0..1: what the kind leaves open (thickness of a line, width of a stripe, outline of a texture). */
  readonly detail: number;
}

/**
 * A shape around the origin, of about radius 1: a number that is negative inside, positive outside, and close to
 * the distance from the edge near the edge.
 */
type Shape = (u: number, v: number, detail: number) => number;

const length = (u: number, v: number) => Math.sqrt(u * u + v * v);
const box = (u: number, v: number, half: number) => Math.max(Math.abs(u), Math.abs(v)) - half;
const bar = (u: number, v: number, half: number) => Math.max(Math.abs(u) - 1, Math.abs(v) - half);
const diagonal = Math.SQRT1_2;

/** Zero-centred triangle wave of period 1 with slopes of +-1, for stripes. */
const wave = (t: number) => Math.abs(t - Math.floor(t) - 0.5) - 0.25;

/** A texture fills a disc or a square, at random, so that its outline says nothing. */
const patch = (u: number, v: number, detail: number) => (detail < 0.5 ? length(u, v) - 1 : box(u, v, 0.88));

/** Period of a texture in radii; the outline takes the upper bit of `detail`, the period the rest. */
const period = (detail: number) => 0.55 + 0.35 * ((2 * detail) % 1);

const disc: Shape = (u, v) => length(u, v) - 1;
const ring: Shape = (u, v, detail) => Math.abs(length(u, v) - 0.75) - (0.15 + 0.1 * detail);
const square: Shape = (u, v) => box(u, v, 0.88);
const frame: Shape = (u, v, detail) => Math.abs(box(u, v, 0.7)) - (0.13 + 0.09 * detail);
const triangle: Shape = (u, v) => Math.max(v - 0.7, 0.87 * Math.abs(u) - 0.5 * v - 0.45);
const plus: Shape = (u, v, detail) =>
  Math.min(bar(u, v, 0.2 + 0.12 * detail), bar(v, u, 0.2 + 0.12 * detail));
const saltire: Shape = (u, v, detail) => plus(diagonal * (u + v), diagonal * (u - v), detail);
const stripes: Shape = (u, v, detail) =>
  Math.max(patch(u, v, detail), period(detail) * wave(v / period(detail)));
const columns: Shape = (u, v, detail) =>
  Math.max(patch(u, v, detail), period(detail) * wave(u / period(detail)));
const checker: Shape = (u, v, detail) => {
  const p = 1.3 * period(detail);
  const [a, b] = [p * wave(u / p), p * wave(v / p)];
  return Math.max(patch(u, v, detail), Math.min(Math.max(a, b), Math.max(-a, -b)));
};

/** The classes, in the order of their labels. */
export const shapes: readonly Shape[] = [
  disc,
  ring,
  square,
  frame,
  triangle,
  plus,
  saltire,
  stripes,
  columns,
  checker,
];

/** Calls `paint` with each pixel (row * 32 + column) that a shape touches and the part of it that it covers, 0..1. */
export function placeShape(
  kind: number,
  { x, y, radius, tangent, detail }: Placement,
  paint: (pixel: number, coverage: number) => void,
): void {
  const shape = shapes[kind]!;
  // Sine and cosine from the half angle's tangent: exact arithmetic only.
  const norm = 1 + tangent * tangent;
  const cosine = (1 - tangent * tangent) / norm;
  const sine = (2 * tangent) / norm;
  const reach = 1.3 * radius + 1;
  const [left, right] = [Math.max(0, Math.floor(x - reach)), Math.min(side, Math.ceil(x + reach))];
  const [top, bottom] = [Math.max(0, Math.floor(y - reach)), Math.min(side, Math.ceil(y + reach))];
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const dx = (column + 0.5 - x) / radius;
      const dy = (row + 0.5 - y) / radius;
      const distance = radius * shape(cosine * dx + sine * dy, cosine * dy - sine * dx, detail);
      if (distance < 0.5) paint(row * side + column, Math.min(1, 0.5 - distance));
    }
  }
}
