import type { Value } from '../graph/value.ts';
import type { ParameterShapes } from './parameters.ts';

/**
 * An optimizer as pure functions over one vector that holds all parameters. What it remembers between steps is named
 * vectors of the same length; what depends on the iteration alone is computed outside the program, in float64, and
 * fed as scalars. Hence a checkpoint is: parameters, `state`, and the iteration.
 */
export interface Optimizer {
  readonly stateNames: readonly string[];
  readonly scalarNames: readonly string[];
  /** The state before the first step. */
  initialState(parameters: Float32Array): Record<string, Float32Array>;
  /** The scalars of iteration 0, 1, ... at the given learning rate. */
  scalars(iteration: number, learningRate: number): Record<string, number>;
  /** One step, as a tensor program. */
  update(step: UpdateOperands): { parameters: Value; state: Record<string, Value> };
}

export interface UpdateOperands {
  readonly parameters: Value;
  readonly gradient: Value;
  readonly state: Readonly<Record<string, Value>>;
  readonly scalars: Readonly<Record<string, Value>>;
  /** The tensors that the vectors are made of. */
  readonly shapes: ParameterShapes;
}
