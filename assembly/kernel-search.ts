/*
 * The search of src/nern/ordering/kernel-tree.ts in AssemblyScript: among kernels that are removed one by one. Several distances
 * are computed at a time, each in the very operations of `kernelDistance`, so that results are the same to the last bit.
 *
 * The caller lays out the memory (`place`) and fills it:
 *   boxes    [leaves, size, 4]: the bounds along each axis of the two children of inner node n: low, low, high, high
 *   values   [slots / 2, size, 2]: the kernels of two slots, axis by axis; empty slots hold infinity
 *   kernels  [slots] u32: which kernel is in a slot
 *   slots    [kernels] u32: the reverse
 *   lowest   [2 leaves] u32: the lowest kernel in each node, `none` where none is left
 *   ends     [leaves] u32: the first slot behind a leaf's kernels
 *   query    [size, 2]: the kernel asked about, each value twice
 *   found    [most, 2]: what was found: squared distance, kernel; both as f64
 *   stack    [128, 2]: nodes still to be searched: distance, node
 */

const double: i32 = 8;
const pair: i32 = 16;

let size: i32 = 0;
let leaves: u32 = 0;
/** Slots of a leaf, a multiple of four. */
let capacity: u32 = 0;
let none: u32 = 0;

let boxes: usize = 0;
let values: usize = 0;
let kernels: usize = 0;
let slots: usize = 0;
let lowest: usize = 0;
let ends: usize = 0;
let query: usize = 0;
let found: usize = 0;
let stack: usize = 0;

/** The number of neighbours that are wanted, and the farthest of those found: a nearer kernel takes its place. */
let most: i32 = 1;
let farthest: f64 = Infinity;
let farthestKernel: u32 = 0;

export function shape(sizeOfKernel: i32, leafCount: u32, slotsOfLeaf: u32, kernelCount: u32): void {
  size = sizeOfKernel;
  leaves = leafCount;
  capacity = slotsOfLeaf;
  none = kernelCount;
}

export function place(
  ofBoxes: usize,
  ofValues: usize,
  ofKernels: usize,
  ofSlots: usize,
  ofLowest: usize,
  ofEnds: usize,
  ofQuery: usize,
  ofFound: usize,
  ofStack: usize,
): void {
  boxes = ofBoxes;
  values = ofValues;
  kernels = ofKernels;
  slots = ofSlots;
  lowest = ofLowest;
  ends = ofEnds;
  query = ofQuery;
  found = ofFound;
  stack = ofStack;
}

/** Finds the `count` nearest kernels, ties to the lowest index; where there are fewer the rest is `none`. */
export function search(count: i32): void {
  most = count;
  for (let i = 0; i < most; i++) {
    store<f64>(found + i * pair, Infinity);
    store<f64>(found + i * pair, f64(none), double);
  }
  farthest = Infinity;
  farthestKernel = none;
  let depth = 0;
  let node: u32 = 1;
  while (true) {
    while (node < leaves) {
      const distances = boxDistances(node);
      let near = 2 * node;
      let toNear = f64x2.extract_lane(distances, 0);
      let far = near + 1;
      let toFar = f64x2.extract_lane(distances, 1);
      if (toFar < toNear || (toFar === toNear && lowestIn(far) < lowestIn(near))) {
        const other = near;
        near = far;
        far = other;
        const toOther = toNear;
        toNear = toFar;
        toFar = toOther;
      }
      if (!mayHold(near, toNear)) {
        // It may be empty.
        if (!mayHold(far, toFar)) break;
        node = far;
        continue;
      }
      if (mayHold(far, toFar)) {
        const top = stack + depth * pair;
        store<f64>(top, toFar);
        store<u32>(top, far, double);
        depth++;
      }
      node = near;
    }
    if (node >= leaves) searchLeaf(node - leaves);
    // On with the nearest place that was put off and may still hold something.
    while (true) {
      if (depth === 0) return;
      depth--;
      const top = stack + depth * pair;
      node = load<u32>(top, double);
      if (mayHold(node, load<f64>(top))) break;
    }
  }
}

/** Takes a kernel out of the tree. */
export function remove(kernel: u32): void {
  const slot = load<u32>(slots + 4 * kernel);
  const leaf = slot / capacity;
  const last = load<u32>(ends + 4 * leaf) - 1;
  store<u32>(ends + 4 * leaf, last);
  const moved = load<u32>(kernels + 4 * last);
  store<u32>(kernels + 4 * slot, moved);
  store<u32>(slots + 4 * moved, slot);
  store<u32>(kernels + 4 * last, none);
  for (let i = 0; i < size; i++) {
    const from = valueAt(last, i);
    store<f64>(valueAt(slot, i), load<f64>(from));
    store<f64>(from, Infinity);
  }
  let low = none;
  for (let other = leaf * capacity; other < last; other++) low = min(low, load<u32>(kernels + 4 * other));
  let node = leaf + leaves;
  store<u32>(lowest + 4 * node, low);
  for (node >>>= 1; node > 0; node >>>= 1) {
    store<u32>(lowest + 4 * node, min(lowestIn(2 * node), lowestIn(2 * node + 1)));
  }
}

function lowestIn(node: u32): u32 {
  return load<u32>(lowest + 4 * node);
}

function mayHold(node: u32, distance: f64): bool {
  if (distance > farthest) return false;
  const low = lowestIn(node);
  return distance < farthest ? low < none : low < farthestKernel;
}

function valueAt(slot: u32, axis: i32): usize {
  return values + ((slot >>> 1) * size + axis) * pair + (slot & 1) * double;
}

/** The squared distances from the query to the boxes of a node's children. */
function boxDistances(node: u32): v128 {
  const zero = f64x2.splat(0);
  let sum = zero;
  let box = boxes + node * size * 2 * pair;
  for (let at = query, end = query + size * pair; at < end; at += pair, box += 2 * pair) {
    const value = v128.load(at);
    const below = f64x2.sub(v128.load(box), value);
    const above = f64x2.sub(value, v128.load(box, pair));
    const outside = f64x2.pmax(zero, f64x2.pmax(below, above));
    sum = f64x2.add(sum, f64x2.mul(outside, outside));
  }
  return sum;
}

/** Four kernels at a time: two sums that do not wait for each other. */
function searchLeaf(leaf: u32): void {
  const end = load<u32>(ends + 4 * leaf);
  const row = size * pair;
  for (let slot = leaf * capacity; slot < end; slot += 4) {
    let at = values + (slot >>> 1) * row;
    let first = f64x2.splat(0);
    let second = first;
    for (let axis = query, last = query + row; axis < last; axis += pair, at += pair) {
      const value = v128.load(axis);
      const ofFirst = f64x2.sub(value, v128.load(at));
      const ofSecond = f64x2.sub(value, v128.load(at + row));
      first = f64x2.add(first, f64x2.mul(ofFirst, ofFirst));
      second = f64x2.add(second, f64x2.mul(ofSecond, ofSecond));
    }
    const limit = f64x2.splat(farthest);
    if (!v128.any_true(v128.or(f64x2.le(first, limit), f64x2.le(second, limit)))) continue;
    consider(slot, f64x2.extract_lane(first, 0));
    consider(slot + 1, f64x2.extract_lane(first, 1));
    consider(slot + 2, f64x2.extract_lane(second, 0));
    consider(slot + 3, f64x2.extract_lane(second, 1));
  }
}

/** Keeps the kernel in a slot if it is among the nearest. */
function consider(slot: u32, distance: f64): void {
  if (distance > farthest) return;
  const kernel = load<u32>(kernels + 4 * slot);
  if (distance === farthest && kernel >= farthestKernel) return;
  let at = found + (most - 1) * pair;
  for (; at > found; at -= pair) {
    const other = load<f64>(at - pair);
    const otherKernel = load<f64>(at - double);
    if (other < distance || (other === distance && otherKernel < f64(kernel))) break;
    store<f64>(at, other);
    store<f64>(at, otherKernel, double);
  }
  store<f64>(at, distance);
  store<f64>(at, f64(kernel), double);
  farthest = load<f64>(found + (most - 1) * pair);
  farthestKernel = u32(load<f64>(found + (most - 1) * pair, double));
}
