import type { Tensor } from '../../graph/tensor.ts';
import { layerSizes } from '../coordinates.ts';
import type { KernelPoints } from './kernel-points.ts';
import { kernelDissimilarity, kernelDistance, kernelPoints } from './kernel-points.ts';
import { inverse } from './permutation.ts';

/** Which smoothness is meant; a spec's `target.train.smoothness`. */
export interface Smoothness {
  /**
   * How far apart kernels are: 1 - cos (`cosine`), or |a - b| of kernels at length 1 (`l2`). Of 1x1 kernels, which are
   * numbers, it is |a - b| of these as they are.
   */
  readonly distance: 'cosine' | 'l2';
  /**
   * Which pairs count. `inner`: as the sums of eq. 6 end, at F - 2 and C - 2 both, so that the last filter's and the last
   * channel's kernels meet no neighbour of their own kind; `all`: every two neighbours (the authors' training code).
   */
  readonly neighbours: 'inner' | 'all';
}

/** As in the paper. */
export const paperSmoothness: Smoothness = { distance: 'cosine', neighbours: 'inner' };

/**
 * How rough the target's kernels are to a predictor that sees them in the places `rows` gives them (`permutedRows`;
 * [kernels]): the sum over layers, f < F - 1 and c < C - 1 of dist(w[f, c], w[f + 1, c]) + dist(w[f, c], w[f, c + 1])
 * (NeRN, eq. 6). Lower is smoother.
 */
export function smoothnessLoss(
  layers: readonly Tensor[],
  rows: Uint32Array,
  smoothness = paperSmoothness,
): number {
  const inner = smoothness.neighbours === 'inner';
  let sum = 0;
  let first = 0;
  for (const layer of layers) {
    const { filters, channels, width } = layerSizes(layer);
    const points = kernelPoints(layer.data, width * width);
    const kernelAt = inverse(rows.subarray(first, first + points.count).map(row => row - first));
    for (let f = 0; f < filters; f++) {
      for (let c = 0; c < channels; c++) {
        const [down, right] = [f < filters - 1, c < channels - 1];
        const place = f * channels + c;
        const to = (other: number) => distance(points, kernelAt[place]!, kernelAt[other]!, smoothness);
        if (down && (right || !inner)) sum += to(place + channels);
        if (right && (down || !inner)) sum += to(place + 1);
      }
    }
    first += points.count;
  }
  return sum;
}

function distance(points: KernelPoints, a: number, b: number, { distance }: Smoothness): number {
  return distance === 'l2' ? Math.sqrt(kernelDistance(points, a, b)) : kernelDissimilarity(points, a, b);
}
