import { add, divide, multiply, scale, square, squareRoot, subtract } from '../graph/elementwise.ts';
import { scalar, type Value } from '../graph/value.ts';
import type { Optimizer, UpdateOperands } from './optimizer.ts';

export interface AdamOptions {
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weightDecay: number;
}

/** Adam (Kingma & Ba 2015, algorithm 1); weight decay is added to the gradient (the L2 form, as in PyTorch's Adam). */
export function adam(options: AdamOptions): Optimizer {
  const { weightDecay } = options;
  const plain = adaptiveMoments(options);
  if (weightDecay === 0) return plain;
  const withDecay = (step: UpdateOperands) => add(step.gradient, scale(step.parameters, weightDecay));
  return { ...plain, update: step => plain.update({ ...step, gradient: withDecay(step) }) };
}

/** AdamW (Loshchilov & Hutter 2019): parameters shrink by learning rate x weight decay at each step. */
export function adamW(options: AdamOptions): Optimizer {
  const plain = adaptiveMoments(options);
  return {
    ...plain,
    scalarNames: [...plain.scalarNames, 'kept'],
    scalars: (iteration, learningRate) => ({
      ...plain.scalars(iteration, learningRate),
      kept: 1 - options.weightDecay * learningRate,
    }),
    update: step => plain.update({ ...step, parameters: multiply(step.parameters, step.scalars.kept!) }),
  };
}

/** Adam without weight decay. */
function adaptiveMoments({ betas: [beta1, beta2], eps }: AdamOptions): Optimizer {
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
      const { rate, rootCorrection } = scalars as Record<string, Value>;
      const firstMoment = add(scale(state.firstMoment!, beta1), scale(gradient, 1 - beta1));
      const secondMoment = add(scale(state.secondMoment!, beta2), scale(square(gradient), 1 - beta2));
      const denominator = add(multiply(squareRoot(secondMoment), rootCorrection!), scalar(eps));
      return {
        parameters: subtract(parameters, multiply(divide(firstMoment, denominator), rate!)),
        state: { firstMoment, secondMoment },
      };
    },
  };
}
