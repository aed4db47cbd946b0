import { sizeOf } from '../../graph/tensor.ts';
import type { ParameterShapes } from '../../optim/parameters.ts';
import type { Random } from '../../random.ts';
import { parameterCount } from './predictor-shapes.ts';

/**
 * The parameters of a fresh predictor: weight and bias of every layer uniform in [-1/sqrt(fan in), 1/sqrt(fan in)),
 * drawn layer by layer, weight before bias (PyTorch's default for linear layers, which the authors use).
 */
export function initialisePredictor(shapes: ParameterShapes, random: Random): Float32Array {
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

/**
 * The parameters of a predictor that keeps its activations' variance (He et al. 2015): weights normal with variance
 * 2 / fan in, biases zero.
 */
export function variancePreserving(shapes: ParameterShapes, random: Random): Float32Array {
  const parameters = new Float32Array(parameterCount(shapes));
  let at = 0;
  for (const shape of shapes) {
    const [, fanIn] = shape;
    const deviation = fanIn === undefined ? 0 : Math.sqrt(2 / fanIn);
    const end = at + sizeOf(shape);
    if (deviation === 0) at = end;
    for (; at < end; at++) parameters[at] = deviation * random.normal();
  }
  return parameters;
}

export interface Moments {
  readonly mean: number;
  readonly deviation: number;
}

/** Mean and standard deviation of the values, those alone for which `mask` is 1; in float64. */
export function momentsOf(values: Float32Array, mask: Float32Array | undefined): Moments {
  const kept = mask ? values.filter((_, i) => mask[i] === 1) : values;
  let sum = 0;
  for (const value of kept) sum += value;
  const mean = sum / kept.length;
  let squares = 0;
  for (const value of kept) squares += (value - mean) ** 2;
  return { mean, deviation: Math.sqrt(squares / kept.length) };
}

/**
 * Parameters whose last layer is scaled and shifted so that predictions with moments `found` get the moments `wanted`:
 * the first predicted weights are then like the original's (NeRN, appendix B, after HyperNetworks). Predictions that are
 * all the same are only shifted.
 */
export function matchMoments(
  parameters: Float32Array,
  shapes: ParameterShapes,
  found: Moments,
  wanted: Moments,
): Float32Array {
  const [weight, bias] = shapes.slice(-2).map(sizeOf) as [number, number];
  const factor = found.deviation === 0 ? 1 : wanted.deviation / found.deviation;
  const firstWeight = parameters.length - weight - bias;
  const firstBias = parameters.length - bias;
  return parameters.map((value, i) => {
    if (i < firstWeight) return value;
    return i < firstBias ? value * factor : (value - found.mean) * factor + wanted.mean;
  });
}
