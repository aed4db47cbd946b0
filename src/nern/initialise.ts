import { sizeOf } from '../graph/tensor.ts';
import type { Random } from '../random.ts';
import { type PredictorShapes, parameterCount } from './predictor-shapes.ts';

/**
 * The parameters of a fresh predictor: weight and bias of every layer uniform in [-1/sqrt(fan in), 1/sqrt(fan in)),
 * drawn layer by layer, weight before bias (PyTorch's default for linear layers, which the authors use).
 */
export function initialisePredictor(shapes: PredictorShapes, random: Random): Float32Array {
  const parameters = new Float32Array(parameterCount(shapes));
  let at = 0;
  let bound = 0;
  for (const shape of shapes) {
    const [, fanIn] = shape;
    // A bias has the bound of the weight before it.
    if (fanIn !== undefined) bound = 1 / Math.sqrt(fanIn);
    for (const end = at + sizeOf(shape); at < end; at++) parameters[at] = (2 * random.uniform() - 1) * bound;
  }
  return parameters;
}
