import { Failure } from '../../failure.ts';

/**
 * Kernels as points whose squared distance orders them as their similarity does (NeRN, section 3.3): kernels with
 * k > 1 are normalised, so that |a - b|^2 = 2 - 2 cos(a, b); 1x1 kernels stay as they are, so that it is the l2
 * distance squared. A kernel of zeros has no direction: its cosine with any kernel is 0, its distance 2.
 */
export interface KernelPoints {
  readonly count: number;
  readonly size: number;
  /** [count, size] */
  readonly values: Float64Array;
  /** 1 where a kernel has no direction. */
  readonly directionless: Uint8Array;
}

/** The squared distance of cosine 0. */
export const orthogonal = 2;

/** Points of kernels given as rows [count, size], size = k * k; throws a `Failure` where a value is not finite. */
export function kernelPoints(kernels: Float32Array, size: number): KernelPoints {
  const count = kernels.length / size;
  const values = Float64Array.from(kernels);
  const directionless = new Uint8Array(count);
  for (let kernel = 0; kernel < count; kernel++) {
    const row = values.subarray(kernel * size, (kernel + 1) * size);
    let squares = 0;
    for (const value of row) squares += value * value;
    if (!Number.isFinite(squares)) {
      throw new Failure(
        'checkpoint',
        `Expected the weights of kernel ${kernel} to be finite, got \`${row}\``,
      );
    }
    if (size === 1) continue;
    const norm = Math.sqrt(squares);
    if (norm === 0) directionless[kernel] = 1;
    else for (let i = 0; i < size; i++) row[i] = row[i]! / norm;
  }
  return { count, size, values, directionless };
}

/** The squared distance of two kernels, in float64, the differences' squares summed from the first to the last. */
export function kernelDistance(points: KernelPoints, a: number, b: number): number {
  const { size, values, directionless } = points;
  if (directionless[a] === 1 || directionless[b] === 1) return orthogonal;
  let sum = 0;
  for (let i = 0; i < size; i++) {
    const difference = values[a * size + i]! - values[b * size + i]!;
    sum += difference * difference;
  }
  return sum;
}

/** How unlike two kernels are: 1 - cos(a, b), or |a - b| for 1x1 kernels (NeRN, eq. 6). */
export function kernelDissimilarity(points: KernelPoints, a: number, b: number): number {
  const squared = kernelDistance(points, a, b);
  return points.size === 1 ? Math.sqrt(squared) : squared / 2;
}
