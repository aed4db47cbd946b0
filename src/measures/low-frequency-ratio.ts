import { EVD, Matrix } from 'ml-matrix';
import type { Tensor } from '../graph/tensor.ts';

/**
 * The share of a layer's energy that lies in its low frequencies, as the paper on decoupled training calls them (section
 * 3.1): of the singular values of w [filters, channels, k, k] as a matrix [filters, channels * k * k], the sum of the
 * squares of the first half, the larger ones, over that of all. Of an odd number the middle one is not in the first
 * half. NaN for a layer of zeros.
 */
export function lowFrequencyRatio({ shape, data }: Tensor): number {
  const [filters] = shape as [number];
  const matrix = Matrix.from1DArray(filters, data.length / filters, data);
  const turned = matrix.transpose();
  // The squares are the eigenvalues of the matrix with itself. Rounding takes from the small ones what no sum shows.
  const product = matrix.rows <= matrix.columns ? matrix.mmul(turned) : turned.mmul(matrix);
  const { realEigenvalues } = new EVD(product, { assumeSymmetric: true });
  const energies = realEigenvalues.map(value => Math.max(0, value)).sort((a, b) => b - a);
  const total = (parts: readonly number[]) => parts.reduce((sum, part) => sum + part, 0);
  return total(energies.slice(0, Math.floor(energies.length / 2))) / total(energies);
}
