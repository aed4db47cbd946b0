import { sizeOf } from '../../graph/tensor.ts';
import type { ParameterShapes } from '../../optim/parameters.ts';

/**
 * A spec's `predictor.architecture`: linear layers one after the other (`plain`); the same with the embedding
 * concatenated again before the middle layer (`nerf`); or with the first layer's result, which then has no activation,
 * added to the middle one's (`residual`).
 */
export type Architecture = 'plain' | 'nerf' | 'residual';

/** Sizes of the predictor: embedding values in, hidden units, kernel values (k x k) out. */
export interface PredictorSizes {
  readonly inputs: number;
  readonly hidden: number;
  readonly outputs: number;
  /** Linear layers, 2 or more. */
  readonly layers?: number;
  readonly architecture?: Architecture;
}

/** The linear layer, counted from 0, at which the embedding or the first layer's result comes in again. */
export const middleLayer = (layers: number) => Math.floor(layers / 2);

/**
 * Weight [outputs, inputs] and bias [outputs] of the predictor's linear layers, five unless said otherwise, one after
 * the other (NeRN, section 3.1 and the authors' code).
 */
export function predictorShapes(sizes: PredictorSizes): ParameterShapes {
  const { inputs, hidden, outputs, layers = 5, architecture = 'plain' } = sizes;
  return Array.from({ length: layers }, (_, i) => {
    const width = i === layers - 1 ? outputs : hidden;
    const again = architecture === 'nerf' && i === middleLayer(layers) ? inputs : 0;
    return [[width, i === 0 ? inputs : again + hidden], [width]];
  }).flat();
}

/** Weights and biases of the whole predictor: the numerator of the compression ratio. */
export function parameterCount(shapes: ParameterShapes): number {
  return shapes.reduce((total, shape) => total + sizeOf(shape), 0);
}
