import { sizeOf } from '../graph/tensor.ts';
import type { PredictorShapes } from '../nern/predictor-shapes.ts';

/**
 * A predictor's parameters with the smallest weights of all layers together set to zero, a share `fraction` of them
 * (unstructured magnitude pruning, NeRN, section 5); of equal ones the first go. Biases stay.
 */
export function pruneByMagnitude(
  parameters: Float32Array,
  shapes: PredictorShapes,
  fraction: number,
): Float32Array {
  const weights = weightPlaces(shapes);
  const order = weights.sort((a, b) => Math.abs(parameters[a]!) - Math.abs(parameters[b]!) || a - b);
  const pruned = Float32Array.from(parameters);
  for (const place of order.subarray(0, Math.floor(fraction * order.length))) pruned[place] = 0;
  return pruned;
}

/** Where the weights stand in the vector of all parameters; biases are the tensors of one axis. */
function weightPlaces(shapes: PredictorShapes): Uint32Array {
  let start = 0;
  const places = shapes.flatMap(shape => {
    const first = start;
    start += sizeOf(shape);
    return shape.length === 1 ? [] : Array.from({ length: sizeOf(shape) }, (_, i) => first + i);
  });
  return Uint32Array.from(places);
}
