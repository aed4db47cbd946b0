import { convolution } from '../graph/convolution.ts';
import { add, divide, multiply, scale, square, squareRoot, subtract } from '../graph/elementwise.ts';
import { gradients } from '../graph/gradient.ts';
import { concatenate, reshape, slice } from '../graph/layout.ts';
import type { Program } from '../graph/program.ts';
import { logSoftmax, mean, sum } from '../graph/reduction.ts';
import { sizeOf, type Tensor } from '../graph/tensor.ts';
import { constant, input, scalar, type Value } from '../graph/value.ts';
import type { Random } from '../random.ts';
import { forward, normEpsilon } from './forward.ts';
import { type ConvolutionStep, type Network, parameterShapes } from './network.ts';

/*
 * Training a network from scratch. No run does it: tools/train-embedded-target.ts made the built-in target with it.
 */

/** The share of a new batch in the running statistics of batch norm. */
const statisticsMomentum = 0.1;

export interface SgdOptions {
  readonly momentum: number;
  /** Added to the gradient, of every parameter, as the reference recipe of He et al. 2016 has it. */
  readonly weightDecay: number;
}

/** Where each of a network's parameters stands in one vector. */
export interface Slots {
  readonly length: number;
  readonly slots: ReadonlyMap<string, { readonly start: number; readonly shape: readonly number[] }>;
}

const isStatistic = (name: string) => name.endsWith('running_mean') || name.endsWith('running_var');

/** All learnable parameters in one vector, and all running statistics in another. */
export function parameterSlots(network: Network): { learned: Slots; statistics: Slots } {
  const shapes = [...parameterShapes(network)];
  return {
    learned: slotsOf(shapes.filter(([name]) => !isStatistic(name))),
    statistics: slotsOf(shapes.filter(([name]) => isStatistic(name))),
  };
}

function slotsOf(shapes: readonly (readonly [string, readonly number[]])[]): Slots {
  let length = 0;
  const slots = new Map<string, { start: number; shape: readonly number[] }>();
  for (const [name, shape] of shapes) {
    slots.set(name, { start: length, shape });
    length += sizeOf(shape);
  }
  return { length, slots };
}

/** The named tensors in a vector. */
export function unpack({ slots }: Slots, vector: Float32Array): Map<string, Tensor> {
  return new Map(
    [...slots].map(([name, { start, shape }]) => [
      name,
      { shape, data: vector.slice(start, start + sizeOf(shape)) },
    ]),
  );
}

/** Filters normal with variance 2 / (filters x k x k) (He et al. 2015), norms 1 and 0, the classifier as PyTorch's. */
export function initialise(
  network: Network,
  random: Random,
): { learned: Float32Array; statistics: Float32Array } {
  const { learned, statistics } = parameterSlots(network);
  const fill = ({ length, slots }: Slots) => {
    const vector = new Float32Array(length);
    for (const [name, { start, shape }] of slots) {
      for (let i = 0; i < sizeOf(shape); i++) vector[start + i] = initialValue(name, shape, network, random);
    }
    return vector;
  };
  return { learned: fill(learned), statistics: fill(statistics) };
}

function initialValue(name: string, shape: readonly number[], network: Network, random: Random): number {
  if (shape.length === 4) return random.normal() * Math.sqrt(2 / (shape[0]! * shape[2]! * shape[3]!));
  const head = network.steps.find(step => step.kind === 'linear');
  if (head && (name === head.weight || name === head.bias)) {
    return (2 * random.uniform() - 1) / Math.sqrt(head.features);
  }
  return name.endsWith('.weight') || name.endsWith('running_var') ? 1 : 0;
}

/**
 * One step of training a network on labelled images: cross-entropy, batch norm with the batch's own statistics, SGD
 * with momentum. Inputs: `learned`, `momentum`, `statistics` (vectors as in `parameterSlots`), `images`, `labels`
 * [images, classes] (one-hot), `learningRate`. Outputs: the first three again, and `loss`.
 */
export function trainingProgram(
  network: Network,
  images: number,
  { momentum, weightDecay }: SgdOptions,
): Program {
  const { learned, statistics } = parameterSlots(network);
  const parameters = input('learned', [learned.length]);
  const velocity = input('momentum', [learned.length]);
  const running = input('statistics', [statistics.length]);
  const labels = input('labels', [images, network.classes]);
  const get = (name: string) => {
    const { start, shape } = learned.slots.get(name)!;
    return reshape(slice(parameters, [start], [sizeOf(shape)]), shape);
  };
  const observed = new Map<string, Value>();
  const { logits } = forward(network, input('images', [images, ...network.input]), {
    convolve: (step, x) => normalisedConvolution(step, x, get, observed),
    head: get,
  });
  const loss = scale(sum(multiply(labels, logSoftmax(logits))), -1 / images);
  const [gradient] = gradients(loss, [parameters]) as [Value];
  const moved = add(scale(velocity, momentum), add(gradient, scale(parameters, weightDecay)));
  return {
    name: 'train-target',
    outputs: {
      learned: subtract(parameters, multiply(moved, input('learningRate', []))),
      momentum: moved,
      statistics: updatedStatistics(statistics, running, observed),
      loss,
    },
  };
}

function normalisedConvolution(
  step: ConvolutionStep,
  x: Value,
  get: (name: string) => Value,
  observed: Map<string, Value>,
): Value {
  const filters = step.shape[0];
  const perChannel = (of: Value) => reshape(of, [1, filters, 1, 1]);
  const result = convolution(x, get(step.weight), constant(new Float32Array(filters)), step);
  const average = mean(result, [0, 2, 3]);
  const centred = subtract(result, perChannel(average));
  const variance = mean(square(centred), [0, 2, 3]);
  const count = sizeOf(result.shape) / filters;
  observed.set(`${step.norm}.running_mean`, average);
  observed.set(`${step.norm}.running_var`, scale(variance, count / (count - 1)));
  const factor = divide(get(`${step.norm}.weight`), squareRoot(add(variance, scalar(normEpsilon))));
  return add(multiply(centred, perChannel(factor)), perChannel(get(`${step.norm}.bias`)));
}

function updatedStatistics({ slots }: Slots, running: Value, observed: ReadonlyMap<string, Value>): Value {
  const batch = concatenate(
    [...slots.keys()].map(name => observed.get(name)!),
    0,
  );
  return add(scale(running, 1 - statisticsMomentum), scale(batch, statisticsMomentum));
}
