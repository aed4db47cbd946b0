import { sizeOf } from '../graph/tensor.ts';

/** Sizes of the predictor: embedding values in, hidden units, kernel values (k x k) out. */
export interface PredictorSizes {
  readonly inputs: number;
  readonly hidden: number;
  readonly outputs: number;
}

/** The shapes of the predictor's parameters in the order in which one vector holds them. */
export type PredictorShapes = readonly (readonly number[])[];

/**
 * Weight [outputs, inputs] and bias [outputs] of the predictor's five linear layers, one after the other (NeRN, section
 * 3.1 and the authors' code).
 */
export function predictorShapes({ inputs, hidden, outputs }: PredictorSizes): PredictorShapes {
  const widths = [inputs, hidden, hidden, hidden, hidden, outputs];
  return widths.slice(1).flatMap((width, i) => [[width, widths[i]!], [width]]);
}

/** Weights and biases of the whole predictor: the numerator of the compression ratio. */
export function parameterCount(shapes: PredictorShapes): number {
  return shapes.reduce((total, shape) => total + sizeOf(shape), 0);
}
