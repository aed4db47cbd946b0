import { add, multiply, scale, subtract } from '../graph/elementwise.ts';
import type { Optimizer } from './optimizer.ts';

export interface SgdOptions {
  readonly momentum: number;
  readonly nesterov: boolean;
  /** Added to the gradient (the L2 form). */
  readonly weightDecay: number;
}

/** Gradient descent with momentum, as PyTorch has it: velocity = momentum * velocity + gradient, without dampening. */
export function sgd({ momentum, nesterov, weightDecay }: SgdOptions): Optimizer {
  return {
    stateNames: ['velocity'],
    scalarNames: ['rate'],
    initialState: parameters => ({ velocity: new Float32Array(parameters.length) }),
    scalars: (_iteration, learningRate) => ({ rate: learningRate }),
    update({ parameters, gradient, state, scalars }) {
      const total = weightDecay === 0 ? gradient : add(gradient, scale(parameters, weightDecay));
      const velocity = add(scale(state.velocity!, momentum), total);
      const direction = nesterov ? add(total, scale(velocity, momentum)) : velocity;
      return { parameters: subtract(parameters, multiply(direction, scalars.rate!)), state: { velocity } };
    },
  };
}
