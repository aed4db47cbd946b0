import type { GradientRules } from './gradient-rule.ts';
import { type Value, value } from './value.ts';

/** Square windows of `size`, `stride` apart, over an image with `padding` on each side that is never the maximum. */
export interface Windows {
  readonly size: number;
  readonly stride: number;
  readonly padding: number;
}

/**
 * How many windows fit along a side. `ceil`: a last one may hang over the end, but must begin inside the image or the
 * padding before it (as in PyTorch).
 */
export function windowsAlong(length: number, { size, stride, padding }: Windows, ceil = false): number {
  const span = length + 2 * padding - size;
  if (!ceil) return Math.floor(span / stride) + 1;
  const count = Math.ceil(span / stride) + 1;
  return (count - 1) * stride >= length + padding ? count - 1 : count;
}

/** The maximum of each window of x [n, c, h, w]: [n, c, h', w']. */
export function maxPool(x: Value, windows: Windows, ceil = false): Value {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const { size, stride, padding } = windows;
  const [height, width] = [h, w].map(length => windowsAlong(length, windows, ceil)) as [number, number];
  if (padding >= size || height < 1 || width < 1) {
    throw new Error(`Cannot pool [${x.shape}] by windows of ${size} with padding ${padding}`);
  }
  return value({ kind: 'maxPool', size, stride, padding }, [x], [n, c, height, width]);
}

/** How far the windows reach beyond the end of an image's rows and columns, if at all. */
export function overhang(
  [, , h, w]: readonly number[],
  [, , height, width]: readonly number[],
  { size, stride, padding }: Windows,
): [rows: number, columns: number] {
  const along = (length: number, count: number) =>
    Math.max(0, (count - 1) * stride + size - length! - padding);
  return [along(h!, height!), along(w!, width!)];
}

export const poolingGradients = {
  // Of equal maxima the first one has it all, as in PyTorch.
  maxPool: (of, g) => {
    const [x] = of.operands as [Value];
    const { size, stride, padding } = of.operation as unknown as Windows;
    return [value({ kind: 'maxPoolGradient', size, stride, padding }, [g, x], x.shape)];
  },
} satisfies Partial<GradientRules>;
