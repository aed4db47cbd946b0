import { sizeOf } from '../graph/tensor.ts';
import type { ParameterShapes } from '../optim/parameters.ts';

/**
 * Vectors with the smallest values of all together set to zero, a share `fraction` of them (unstructured magnitude pruning);
 * of equal ones the first go.
 */
export function pruneTogether(vectors: readonly Float32Array[], fraction: number): Float32Array[] {
  const sizes = new Float32Array(vectors.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const vector of vectors) {
    sizes.set(vector.map(Math.abs), at);
    at += vector.length;
  }
  sizes.sort();
  const count = Math.floor(fraction * sizes.length);
  if (count === 0) return vectors.map(vector => vector.slice());
  const largest = sizes[count - 1]!;
  // Of those as large as the largest that goes, so many go as are left.
  let equals = count - sizes.indexOf(largest);
  return vectors.map(vector =>
    vector.map(value => {
      const size = Math.abs(value);
      if (size > largest) return value;
      if (size === largest) equals--;
      return size === largest && equals < 0 ? value : 0;
    }),
  );
}

/** A predictor's parameters with the smallest weights of all layers set to zero (NeRN, section 5). Biases stay. */
export function pruneByMagnitude(
  parameters: Float32Array,
  shapes: ParameterShapes,
  fraction: number,
): Float32Array {
  const pruned = Float32Array.from(parameters);
  const places = weightPlaces(shapes);
  const weights = pruneTogether(
    places.map(([start, end]) => parameters.subarray(start, end)),
    fraction,
  );
  for (const [i, [start]] of places.entries()) pruned.set(weights[i]!, start);
  return pruned;
}

/** Where the weights of each layer stand in the vector of all parameters; biases are the tensors of one axis. */
function weightPlaces(shapes: ParameterShapes): (readonly [start: number, end: number])[] {
  let at = 0;
  return shapes.flatMap(shape => {
    const start = at;
    at += sizeOf(shape);
    return shape.length === 1 ? [] : [[start, at] as const];
  });
}
