import type { KernelPoints } from './kernel-points.ts';
import { orthogonal } from './kernel-points.ts';
import { layOut } from './kernel-search.ts';

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
  /** The nearest other kernels, at most 15 of them, the nearest first. */
  neighbours(from: number, count: number): Uint32Array;
}

/** Kernels in a leaf: below this, comparing them all costs less than comparing more boxes. */
const leafSize = 64;

/**
 * A balanced kd-tree with tight bounding boxes. Node 1 is the root, 2n and 2n + 1 are the children of n; the last
 * level's nodes are the leaves, each with its own slots for kernels. There is one tree at a time: the last one made.
 *
 * The search is exact to the last bit: the distance to a box is summed like `kernelDistance`, from differences that
 * are no larger, and rounding never reverses an order; so no kernel is computed to be nearer than its box.
 */
export function createKernelTree(points: KernelPoints, kernels: Uint32Array): KernelTree {
  const { size, count: none } = points;
  const leaves = 2 ** Math.max(0, Math.ceil(Math.log2(kernels.length / leafSize)));
  const startOf = (leaf: number) => Math.floor((kernels.length * leaf) / leaves);
  const capacity = 4 * Math.ceil((Math.floor(kernels.length / leaves) + 1) / 4);
  const memory = layOut({ size, leaves, capacity, kernels: none });
  const { boxes, values, slots, lowest } = memory;

  const order = kernels.slice();
  const low = new Float64Array(size);
  const high = new Float64Array(size);
  build(1, 0, leaves);

  /** Fills the part of the tree below a node; its kernels are the part of `order` that its leaves begin in. */
  function build(node: number, firstLeaf: number, width: number): void {
    const start = startOf(firstLeaf);
    const end = startOf(firstLeaf + width);
    enclose(start, end);
    if (node > 1) bound(node >>> 1, node & 1);
    let lowestHere = none;
    for (let place = start; place < end; place++) lowestHere = Math.min(lowestHere, order[place]!);
    lowest[node] = lowestHere;
    if (width === 1) {
      fill(firstLeaf, start, end);
      return;
    }
    const half = width / 2;
    partition(points, order.subarray(start, end), startOf(firstLeaf + half) - start, widestAxis());
    build(2 * node, firstLeaf, half);
    build(2 * node + 1, firstLeaf + half, half);
  }

  /** Sets `low` and `high` to the bounds of some kernels. */
  function enclose(start: number, end: number): void {
    low.fill(Number.POSITIVE_INFINITY);
    high.fill(Number.NEGATIVE_INFINITY);
    for (let place = start; place < end; place++) {
      const row = order[place]! * size;
      for (let axis = 0; axis < size; axis++) {
        const value = points.values[row + axis]!;
        if (value < low[axis]!) low[axis] = value;
        if (value > high[axis]!) high[axis] = value;
      }
    }
  }

  function bound(parent: number, side: number): void {
    for (let axis = 0; axis < size; axis++) {
      const at = 4 * (parent * size + axis) + side;
      boxes[at] = low[axis]!;
      boxes[at + 2] = high[axis]!;
    }
  }

  function widestAxis(): number {
    let widest = 0;
    for (let axis = 1; axis < size; axis++) {
      if (high[axis]! - low[axis]! > high[widest]! - low[widest]!) widest = axis;
    }
    return widest;
  }

  function fill(leaf: number, start: number, end: number): void {
    const first = leaf * capacity;
    memory.ends[leaf] = first + end - start;
    for (let slot = first, place = start; place < end; slot++, place++) {
      const kernel = order[place]!;
      memory.kernels[slot] = kernel;
      slots[kernel] = slot;
      for (let axis = 0; axis < size; axis++) {
        values[2 * ((slot >>> 1) * size + axis) + (slot & 1)] = points.values[kernel * size + axis]!;
      }
    }
  }

  const search = (from: number, most: number) => {
    for (let axis = 0; axis < size; axis++) {
      const value = points.values[from * size + axis]!;
      memory.query[2 * axis] = value;
      memory.query[2 * axis + 1] = value;
    }
    memory.search(most);
    return memory.found;
  };

  return {
    nearest(from) {
      const [distance, kernel] = search(from, 1);
      return { kernel: kernel!, distance: distance! };
    },
    first: () => ({ kernel: lowest[1]!, distance: orthogonal }),
    remove: memory.remove,
    neighbours(from, count) {
      const found = search(from, count + 1);
      const nearest = Uint32Array.from({ length: count + 1 }, (_, i) => found[2 * i + 1]!);
      return nearest.filter(kernel => kernel !== from && kernel !== none).subarray(0, count);
    },
  };
}

/** The nearest other kernels of each kernel, at most `count`, the nearest first; none of those without direction. */
export function kernelNeighbours(points: KernelPoints, count: number): Uint32Array[] {
  const all = Uint32Array.from({ length: points.count }, (_, kernel) => kernel);
  const tree = createKernelTree(
    points,
    all.filter(kernel => points.directionless[kernel] === 0),
  );
  return Array.from(all, kernel =>
    points.directionless[kernel] === 1 ? new Uint32Array() : tree.neighbours(kernel, count),
  );
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
