import type { Tensor } from '../graph/tensor.ts';
import { layerSizes } from './coordinates.ts';
import type { KernelPoints } from './kernel-points.ts';
import { kernelDistance, kernelPoints } from './kernel-points.ts';
import { inverse } from './permutation.ts';

/**
 * How rough the target's kernels are to a predictor that sees them in the places `rows` gives them (`permutedRows`;
 * [kernels]): the sum over layers, f < F - 1 and c < C - 1 of dist(w[f, c], w[f + 1, c]) + dist(w[f, c], w[f, c + 1])
 * (NeRN, eq. 6), with the cosine distance, and l2 for 1x1 kernels. Lower is smoother.
 */
export function smoothnessLoss(layers: readonly Tensor[], rows: Uint32Array): number {
  let sum = 0;
  let first = 0;
  for (const layer of layers) {
    const { filters, channels, width } = layerSizes(layer);
    const points = kernelPoints(layer.data, width * width);
    const kernelAt = inverse(rows.subarray(first, first + points.count).map(row => row - first));
    for (let f = 0; f < filters - 1; f++) {
      for (let c = 0; c < channels - 1; c++) {
        const place = f * channels + c;
        const kernel = kernelAt[place]!;
        sum += distance(points, kernel, kernelAt[place + channels]!);
        sum += distance(points, kernel, kernelAt[place + 1]!);
      }
    }
    first += points.count;
  }
  return sum;
}

/** 1 - cos(a, b), or |a - b| for 1x1 kernels. */
function distance(points: KernelPoints, a: number, b: number): number {
  const squared = kernelDistance(points, a, b);
  return points.size === 1 ? Math.sqrt(squared) : squared / 2;
}
