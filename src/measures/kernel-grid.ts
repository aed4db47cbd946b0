import type { Layer } from './layers.ts';

/**
 * The kernels of the first `most` filters (down) and channels (across) of a layer as one picture (NeRN, figure 6): rows
 * of pixels, with NaN between the kernels.
 */
export function kernelGrid({ shape, data }: Layer, most = 8): number[][] {
  const [filters, channels, k] = shape as [number, number, number];
  const [down, across] = [Math.min(most, filters), Math.min(most, channels)];
  const length = (kernels: number) => kernels * (k + 1) - 1;
  return Array.from({ length: length(down) }, (_, y) =>
    Array.from({ length: length(across) }, (_, x) => {
      const [f, row] = [Math.floor(y / (k + 1)), y % (k + 1)];
      const [c, column] = [Math.floor(x / (k + 1)), x % (k + 1)];
      return row === k || column === k ? Number.NaN : data[((f * channels + c) * k + row) * k + column]!;
    }),
  );
}
