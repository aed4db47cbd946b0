import { convolution } from '../graph/convolution.ts';
import { add, scale } from '../graph/elementwise.ts';
import { concatenate } from '../graph/layout.ts';
import { batchNorm } from '../graph/normalisation.ts';
import { sizeOf } from '../graph/tensor.ts';
import { constant, type Value } from '../graph/value.ts';
import type { Parameters } from './forward.ts';
import type { Network } from './network.ts';
import { parameterSlots, partsOf } from './slots.ts';

/** The share of a new batch in the running statistics of batch norm (PyTorch's default). */
const statisticsMomentum = 0.1;

export interface TrainingMode {
  readonly parameters: Parameters;
  /** The network's learned tensors by name. */
  readonly parts: ReadonlyMap<string, Value>;
  /** The running statistics after `forward` has used `parameters`, of those before. */
  updated(running: Value): Value;
}

/**
 * A network's parameters in training mode, out of the vector `learned`: batch norm takes the batch's own mean and
 * variance, and moves the running ones a tenth of the way to them, the variance to the unbiased one, as PyTorch does.
 */
export function trainingMode(network: Network, learned: Value): TrainingMode {
  const slots = parameterSlots(network);
  const parts = partsOf(slots.learned, learned);
  const observed = new Map<string, Value>();
  const get = (name: string): Value => {
    const part = parts.get(name);
    if (!part) throw new Error(`The network \`${network.name}\` learns no \`${name}\``);
    return part;
  };
  const normalised = (x: Value, norm: string, epsilon: number): Value => {
    const { result, average, variance } = batchNorm(x, get(`${norm}.weight`), get(`${norm}.bias`), epsilon);
    const count = sizeOf(x.shape) / x.shape[1]!;
    observed.set(`${norm}.running_mean`, average);
    observed.set(`${norm}.running_var`, scale(variance, count / (count - 1)));
    return result;
  };
  return {
    parts,
    parameters: {
      convolve(step, x) {
        const bias = step.bias === undefined ? constant(new Float32Array(step.shape[0])) : get(step.bias);
        const result = convolution(x, get(step.weight), bias, step);
        return step.norm === undefined ? result : normalised(result, step.norm, step.epsilon);
      },
      normalise: ({ norm, epsilon }, x) => normalised(x, norm, epsilon),
      head: get,
    },
    updated(running) {
      const batch = [...slots.statistics.places.keys()].map(name => observed.get(name)!);
      if (batch.length === 0) return running;
      return add(scale(running, 1 - statisticsMomentum), scale(concatenate(batch, 0), statisticsMomentum));
    },
  };
}
