import type { KernelPoints } from '../src/nern/ordering/kernel-points.ts';
import { orthogonal } from '../src/nern/ordering/kernel-points.ts';

/**
 * The greedy path by comparing every pair of kernels, with nothing of src/nern/ordering/kernel-tree.ts in it: 34,000,000,000
 * distances for 262,144 kernels. Those not yet visited are kept together, in whatever order.
 */
export function everyPairPath({ count, size, values, directionless }: KernelPoints): Uint32Array {
  const path = new Uint32Array(count);
  const rows = values.slice();
  const kernels = Uint32Array.from({ length: count }, (_, kernel) => kernel);
  const query = new Float64Array(size);
  let at = 0;
  for (let step = 0; step < count; step++) {
    const left = count - step;
    if (step > 0) at = nearest(left);
    path[step] = kernels[at]!;
    query.set(rows.subarray(at * size, (at + 1) * size));
    kernels[at] = kernels[left - 1]!;
    rows.copyWithin(at * size, (left - 1) * size, left * size);
  }
  return path;

  function nearest(left: number): number {
    const from = path[count - left - 1]!;
    let [best, bestDistance] = [-1, Number.POSITIVE_INFINITY];
    for (let i = 0, row = 0; i < left; i++, row += size) {
      let distance = 0;
      for (let axis = 0; axis < size; axis++) {
        const difference = query[axis]! - rows[row + axis]!;
        distance += difference * difference;
      }
      if (directionless[from] === 1 || directionless[kernels[i]!] === 1) distance = orthogonal;
      if (distance > bestDistance) continue;
      if (distance < bestDistance || kernels[i]! < kernels[best]!) [best, bestDistance] = [i, distance];
    }
    return best;
  }
}
