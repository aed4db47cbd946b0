import { concatenate, reshape, slice } from '../graph/layout.ts';
import { sizeOf } from '../graph/tensor.ts';
import type { Value } from '../graph/value.ts';

/** The shapes of all parameters in the order in which one vector holds them. */
export type ParameterShapes = readonly (readonly number[])[];

/** The parameters' tensors, cut out of the one vector that the optimizer works on, in `shapes`' order. */
export function tensorsOf(vector: Value, shapes: ParameterShapes): Value[] {
  let start = 0;
  return shapes.map(shape => {
    const part = reshape(slice(vector, [start], [sizeOf(shape)]), shape);
    start += sizeOf(shape);
    return part;
  });
}

/** The reverse: tensors one behind the other as one vector. */
export function vectorOf(tensors: readonly Value[]): Value {
  return concatenate(
    tensors.map(tensor => reshape(tensor, [sizeOf(tensor.shape)])),
    0,
  );
}
