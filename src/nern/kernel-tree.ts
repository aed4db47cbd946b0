import type { KernelPoints } from './kernel-points.ts';
import { orthogonal } from './kernel-points.ts';

/** A kernel and its squared distance from the one that was asked about. */
export interface Neighbour {
  readonly kernel: number;
  readonly distance: number;
}

/** Kernels that have a direction, to be searched and removed one by one. An empty tree answers with `count`. */
export interface KernelTree {
  /** The nearest kernel still in the tree, ties to the lowest index. */
  nearest(from: number): Neighbour;
  /** The neighbour of a kernel without direction, to which all are alike: the lowest index. */
  first(): Neighbour;
  remove(kernel: number): void;
}

/** Kernels in a leaf: below this, comparing them all costs less than comparing more boxes. */
const leafSize = 32;

/**
 * A balanced kd-tree with tight bounding boxes. Node 1 is the root, 2n and 2n + 1 are the children of n; the last
 * level's nodes are the leaves, and leaf j holds the slots from floor(count j / leaves) on.
 *
 * The search is exact to the last bit: the distance to a box is summed like `kernelDistance`, from differences that
 * are no larger, and rounding never reverses an order; so no kernel is computed to be nearer than its box.
 */
export function createKernelTree(points: KernelPoints, kernels: Uint32Array): KernelTree {
  const { size, count: none } = points;
  const leaves = 2 ** Math.max(0, Math.ceil(Math.log2(kernels.length / leafSize)));
  const startOf = (leaf: number) => Math.floor((kernels.length * leaf) / leaves);

  const slots = kernels.slice();
  const slotOf = new Uint32Array(none);
  const leafOf = new Uint32Array(none);
  const ends = new Uint32Array(leaves);
  const values = new Float64Array(kernels.length * size);
  const low = new Float64Array(2 * leaves * size).fill(Number.POSITIVE_INFINITY);
  const high = new Float64Array(2 * leaves * size).fill(Number.NEGATIVE_INFINITY);
  /** The lowest index still in each node: what lets a search leave out nodes that could only tie. */
  const lowest = new Uint32Array(2 * leaves).fill(none);

  const query = new Float64Array(size);
  let nearest = none;
  let nearestDistance = Number.POSITIVE_INFINITY;

  build(1, 0, leaves);

  function build(node: number, firstLeaf: number, width: number): void {
    const start = startOf(firstLeaf);
    const end = startOf(firstLeaf + width);
    for (let slot = start; slot < end; slot++) enclose(node, slots[slot]!);
    if (width === 1) {
      fill(firstLeaf, start, end);
      return;
    }
    const half = width / 2;
    partition(points, slots.subarray(start, end), startOf(firstLeaf + half) - start, widestAxis(node));
    build(2 * node, firstLeaf, half);
    build(2 * node + 1, firstLeaf + half, half);
  }

  function enclose(node: number, kernel: number): void {
    for (let i = 0; i < size; i++) {
      const value = points.values[kernel * size + i]!;
      if (value < low[node * size + i]!) low[node * size + i] = value;
      if (value > high[node * size + i]!) high[node * size + i] = value;
    }
    if (kernel < lowest[node]!) lowest[node] = kernel;
  }

  function widestAxis(node: number): number {
    const extent = (axis: number) => high[node * size + axis]! - low[node * size + axis]!;
    let widest = 0;
    for (let axis = 1; axis < size; axis++) if (extent(axis) > extent(widest)) widest = axis;
    return widest;
  }

  function fill(leaf: number, start: number, end: number): void {
    ends[leaf] = end;
    for (let slot = start; slot < end; slot++) {
      const kernel = slots[slot]!;
      slotOf[kernel] = slot;
      leafOf[kernel] = leaf;
      values.set(points.values.subarray(kernel * size, (kernel + 1) * size), slot * size);
    }
  }

  function boxDistance(node: number): number {
    const offset = node * size;
    let sum = 0;
    for (let i = 0; i < size; i++) {
      const value = query[i]!;
      const below = low[offset + i]! - value;
      if (below > 0) sum += below * below;
      else {
        const above = value - high[offset + i]!;
        if (above > 0) sum += above * above;
      }
    }
    return sum;
  }

  function search(node: number): void {
    if (node >= leaves) {
      searchLeaf(node - leaves);
      return;
    }
    const left = 2 * node;
    const right = left + 1;
    const toLeft = boxDistance(left);
    const toRight = boxDistance(right);
    if (toLeft < toRight || (toLeft === toRight && lowest[left]! < lowest[right]!)) {
      if (mayHold(left, toLeft)) search(left);
      if (mayHold(right, toRight)) search(right);
    } else {
      if (mayHold(right, toRight)) search(right);
      if (mayHold(left, toLeft)) search(left);
    }
  }

  function mayHold(node: number, distance: number): boolean {
    return distance < nearestDistance || (distance === nearestDistance && lowest[node]! < nearest);
  }

  function searchLeaf(leaf: number): void {
    const end = ends[leaf]!;
    for (let slot = startOf(leaf); slot < end; slot++) {
      const offset = slot * size;
      let distance = 0;
      for (let i = 0; i < size; i++) {
        const difference = query[i]! - values[offset + i]!;
        distance += difference * difference;
      }
      if (distance > nearestDistance) continue;
      const kernel = slots[slot]!;
      if (distance < nearestDistance || kernel < nearest) {
        nearestDistance = distance;
        nearest = kernel;
      }
    }
  }

  return {
    nearest(from) {
      query.set(points.values.subarray(from * size, (from + 1) * size));
      nearest = none;
      nearestDistance = Number.POSITIVE_INFINITY;
      search(1);
      return { kernel: nearest, distance: nearestDistance };
    },
    first: () => ({ kernel: lowest[1]!, distance: orthogonal }),
    remove(kernel) {
      const leaf = leafOf[kernel]!;
      const slot = slotOf[kernel]!;
      const last = --ends[leaf]!;
      slots[slot] = slots[last]!;
      slotOf[slots[slot]!] = slot;
      values.copyWithin(slot * size, last * size, (last + 1) * size);
      let node = leaf + leaves;
      lowest[node] = slots.subarray(startOf(leaf), last).reduce((low, other) => Math.min(low, other), none);
      for (node >>>= 1; node > 0; node >>>= 1) {
        lowest[node] = Math.min(lowest[2 * node]!, lowest[2 * node + 1]!);
      }
    },
  };
}

/** Orders kernels so that none before `middle` has a larger value on `axis` than one from there on (quickselect). */
function partition(points: KernelPoints, kernels: Uint32Array, middle: number, axis: number): void {
  const value = (place: number) => points.values[kernels[place]! * points.size + axis]!;
  let left = 0;
  let right = kernels.length - 1;
  while (left < right) {
    const pivot = value((left + right) >>> 1);
    let i = left;
    let j = right;
    while (i <= j) {
      while (value(i) < pivot) i++;
      while (value(j) > pivot) j--;
      if (i > j) break;
      const kept = kernels[i]!;
      kernels[i++] = kernels[j]!;
      kernels[j--] = kept;
    }
    if (middle <= j) right = j;
    else if (middle >= i) left = i;
    else return;
  }
}
