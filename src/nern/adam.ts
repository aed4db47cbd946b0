import { add, divide, multiply, scale, square, squareRoot, subtract } from '../graph/elementwise.ts';
import { scalar } from '../graph/value.ts';
import type { Optimizer } from './optimizer.ts';

export interface AdamOptions {
  readonly betas: readonly [number, number];
  readonly eps: number;
  /** Added to the gradient (the L2 form, as in PyTorch's Adam). */
  readonly weightDecay: number;
}

/** Adam (Kingma & Ba 2015, algorithm 1). */
export function adam({ betas: [beta1, beta2], eps, weightDecay }: AdamOptions): Optimizer {
  return {
    stateNames: ['firstMoment', 'secondMoment'],
    scalarNames: ['rate', 'rootCorrection'],
    initialState: parameters => ({
      firstMoment: new Float32Array(parameters.length),
      secondMoment: new Float32Array(parameters.length),
    }),
    scalars(iteration, learningRate) {
      const step = iteration + 1;
      return {
        rate: learningRate / (1 - beta1 ** step),
        rootCorrection: 1 / Math.sqrt(1 - beta2 ** step),
      };
    },
    update({ parameters, gradient, state, scalars }) {
      const { rate, rootCorrection } = scalars as Record<string, typeof gradient>;
      const total = weightDecay === 0 ? gradient : add(gradient, scale(parameters, weightDecay));
      const firstMoment = add(scale(state.firstMoment!, beta1), scale(total, 1 - beta1));
      const secondMoment = add(scale(state.secondMoment!, beta2), scale(square(total), 1 - beta2));
      const denominator = add(multiply(squareRoot(secondMoment), rootCorrection!), scalar(eps));
      return {
        parameters: subtract(parameters, multiply(divide(firstMoment, denominator), rate!)),
        state: { firstMoment, secondMoment },
      };
    },
  };
}
