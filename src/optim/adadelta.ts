import { add, divide, multiply, scale, square, squareRoot, subtract } from '../graph/elementwise.ts';
import { scalar, type Value } from '../graph/value.ts';
import type { Optimizer } from './optimizer.ts';

export interface AdadeltaOptions {
  readonly rho: number;
  readonly eps: number;
  /** Added to the gradient (the L2 form). */
  readonly weightDecay: number;
}

/** Adadelta (Zeiler 2012, algorithm 1), its steps multiplied by the learning rate as in PyTorch. */
export function adadelta({ rho, eps, weightDecay }: AdadeltaOptions): Optimizer {
  const average = (sofar: Value, next: Value) => add(scale(sofar, rho), scale(square(next), 1 - rho));
  const root = (squared: Value) => squareRoot(add(squared, scalar(eps)));
  return {
    stateNames: ['squaredGradient', 'squaredStep'],
    scalarNames: ['rate'],
    initialState: parameters => ({
      squaredGradient: new Float32Array(parameters.length),
      squaredStep: new Float32Array(parameters.length),
    }),
    scalars: (_iteration, learningRate) => ({ rate: learningRate }),
    update({ parameters, gradient, state, scalars }) {
      const total = weightDecay === 0 ? gradient : add(gradient, scale(parameters, weightDecay));
      const squaredGradient = average(state.squaredGradient!, total);
      const step = multiply(divide(root(state.squaredStep!), root(squaredGradient)), total);
      return {
        parameters: subtract(parameters, multiply(step, scalars.rate!)),
        state: { squaredGradient, squaredStep: average(state.squaredStep!, step) },
      };
    },
  };
}
