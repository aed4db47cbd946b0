import { add, divide, multiply, scale, square, squareRoot, subtract } from '../graph/elementwise.ts';
import { reshape } from '../graph/layout.ts';
import { mean } from '../graph/reduction.ts';
import { scalar, type Value } from '../graph/value.ts';
import type { Optimizer } from './optimizer.ts';
import type { ParameterShapes } from './parameters.ts';
import { tensorsOf, vectorOf } from './parameters.ts';

export interface RangerOptions {
  readonly betas: readonly [number, number];
  readonly eps: number;
  /** Decoupled: parameters shrink by learning rate x weight decay at each step. */
  readonly weightDecay: number;
  /** Lookahead: after `every` steps the slow weights move by `rate` of the way to the fast ones, which restart there. */
  readonly lookahead: { readonly every: number; readonly rate: number };
  /** Above this length of the approximated moving average RAdam divides by the second moment; 4 or more. */
  readonly threshold?: number;
  /**
   * Whether each unit's gradient loses its mean over the inputs (Yong et al. 2020). On by default: the authors' Ranger
   * centralises every gradient of two dimensions or more, whatever its flag says.
   */
  readonly centralize?: boolean;
}

/** Ranger: RAdam (Liu et al. 2020, algorithm 2) on centralised gradients, inside Lookahead (Zhang et al. 2019). */
export function ranger(options: RangerOptions): Optimizer {
  const { eps, weightDecay, lookahead, threshold = 5, centralize = true } = options;
  const [beta1, beta2] = options.betas;
  return {
    stateNames: ['firstMoment', 'secondMoment', 'slow'],
    scalarNames: ['rate', 'kept', 'rectified', 'offset', 'synchronise'],
    initialState: parameters => ({
      firstMoment: new Float32Array(parameters.length),
      secondMoment: new Float32Array(parameters.length),
      slow: parameters.slice(),
    }),
    scalars(iteration, learningRate) {
      const step = iteration + 1;
      const decay = beta2 ** step;
      const longest = 2 / (1 - beta2) - 1;
      const length = longest - (2 * step * decay) / (1 - decay);
      const rectified = length > threshold;
      const rectification = rectified
        ? Math.sqrt(
            ((1 - decay) * (length - 4) * (length - 2) * longest) / ((longest - 4) * length * (longest - 2)),
          )
        : 1;
      return {
        rate: (learningRate * rectification) / (1 - beta1 ** step),
        kept: 1 - weightDecay * learningRate,
        rectified: rectified ? 1 : 0,
        offset: rectified ? eps : 1,
        synchronise: step % lookahead.every === 0 ? 1 : 0,
      };
    },
    update({ parameters, gradient: raw, state, scalars, shapes }) {
      const { rate, kept, rectified, offset, synchronise } = scalars as Record<string, Value>;
      const gradient = centralize ? centralized(raw, shapes) : raw;
      const secondMoment = add(scale(state.secondMoment!, beta2), scale(square(gradient), 1 - beta2));
      const firstMoment = add(scale(state.firstMoment!, beta1), scale(gradient, 1 - beta1));
      const denominator = add(multiply(squareRoot(secondMoment), rectified!), offset!);
      const fast = subtract(multiply(parameters, kept!), multiply(divide(firstMoment, denominator), rate!));
      const moved = add(state.slow!, scale(subtract(fast, state.slow!), lookahead.rate));
      const stays = subtract(scalar(1), synchronise!);
      const choose = (a: typeof fast, b: typeof fast) => add(multiply(a, synchronise!), multiply(b, stays));
      return {
        parameters: choose(moved, fast),
        state: { firstMoment, secondMoment, slow: choose(moved, state.slow!) },
      };
    },
  };
}

/** Weights' gradients [units, inputs] without their mean over the inputs; biases' as they are. */
function centralized(gradient: Value, shapes: ParameterShapes): Value {
  const tensors = tensorsOf(gradient, shapes).map(tensor => {
    const [units, inputs] = tensor.shape as [number, number?];
    return inputs === undefined ? tensor : subtract(tensor, reshape(mean(tensor, [1]), [units, 1]));
  });
  return vectorOf(tensors);
}
