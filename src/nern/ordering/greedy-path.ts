import type { KernelPoints } from './kernel-points.ts';
import { orthogonal } from './kernel-points.ts';
import { createKernelTree } from './kernel-tree.ts';

/**
 * The greedy path through elements 0..count-1: from element 0 always to the nearest one not yet visited, ties to the
 * lowest index (NeRN, section 3.3). Compares every pair: the definition, and fast enough for some hundred elements.
 */
export function greedyPath(count: number, distance: (from: number, to: number) => number): Uint32Array {
  const path = new Uint32Array(count);
  const left = Array.from({ length: count }, (_, element) => element);
  let at = 0;
  for (let step = 0; step < count; step++) {
    if (step > 0) {
      let nearest = Number.POSITIVE_INFINITY;
      for (const [place, element] of left.entries()) {
        const candidate = distance(path[step - 1]!, element);
        if (candidate < nearest) {
          nearest = candidate;
          at = place;
        }
      }
    }
    path[step] = left[at]!;
    left.splice(at, 1);
  }
  return path;
}

/**
 * The greedy path through kernels: what `greedyPath` gives with `kernelDistance`, the same to the last tie, in a time
 * that grows little faster than the number of kernels.
 */
export function kernelPath(points: KernelPoints): Uint32Array {
  const { count, directionless } = points;
  const path = new Uint32Array(count);
  const visited = new Uint8Array(count);
  const all = Uint32Array.from(path, (_, kernel) => kernel);
  const aside = all.filter(kernel => directionless[kernel] === 1);
  let inTree = all.filter(kernel => directionless[kernel] === 0);
  let tree = createKernelTree(points, inTree);
  let taken = 0;
  let takenAside = 0;

  const next = (from: number): number => {
    const found = directionless[from] === 1 ? tree.first() : tree.nearest(from);
    const other = aside[takenAside];
    if (other === undefined || found.distance < orthogonal) return found.kernel;
    return found.distance > orthogonal ? other : Math.min(found.kernel, other);
  };

  for (let step = 0; step < count; step++) {
    const kernel = step === 0 ? 0 : next(path[step - 1]!);
    path[step] = kernel;
    visited[kernel] = 1;
    if (directionless[kernel] === 1) {
      takenAside++;
      continue;
    }
    tree.remove(kernel);
    taken++;
    // A tree half empty has boxes far too wide for what is left in them.
    if (2 * taken > inTree.length) {
      inTree = inTree.filter(kernel => visited[kernel] === 0);
      tree = createKernelTree(points, inTree);
      taken = 0;
    }
  }
  return path;
}
