import { convolution } from '../graph/convolution.ts';
import { add, multiply, relu } from '../graph/elementwise.ts';
import { concatenate, reshape } from '../graph/layout.ts';
import { linear } from '../graph/linear.ts';
import { affine } from '../graph/normalisation.ts';
import { maxPool } from '../graph/pooling.ts';
import { mean } from '../graph/reduction.ts';
import { sizeOf, type Tensor } from '../graph/tensor.ts';
import { constant, type Value } from '../graph/value.ts';
import type { ConvolutionStep, Network, NormStep, Step } from './network.ts';

export interface Features {
  /** [images, classes] */
  readonly logits: Value;
  /** The feature maps that distillation compares, before their ReLU, in order. */
  readonly maps: readonly Value[];
  /** What each step made. */
  readonly made: ReadonlyMap<string, Value>;
}

/** How a network's parameters enter the program. */
export interface Parameters {
  /** The result of a convolution step, batch norm included. */
  convolve(step: ConvolutionStep, x: Value): Value;
  /** The result of a batch norm by itself. */
  normalise(step: NormStep, x: Value): Value;
  /** A parameter of a linear layer. */
  head(name: string): Value;
}

/**
 * The network applied to images [n, channels, height, width]. What is the same in the original and the reconstructed
 * network is taken from `other`, if given: one of them on the same images.
 */
export function forward(network: Network, images: Value, parameters: Parameters, other?: Features): Features {
  const made = new Map<string, Value>([['image', images]]);
  const get = (name: string) => made.get(name)!;
  for (const step of network.steps) {
    const same = network.untouched.has(step.to) ? other?.made.get(step.to) : undefined;
    made.set(step.to, same ?? result(step, get, parameters));
  }
  const maps = network.steps.filter(step => 'compared' in step && step.compared).map(({ to }) => get(to));
  return { logits: get(network.steps.at(-1)!.to), maps, made };
}

function result(step: Step, get: (name: string) => Value, parameters: Parameters): Value {
  switch (step.kind) {
    case 'convolution':
      return parameters.convolve(step, get(step.from));
    case 'norm':
      return asMap(get(step.from), x => parameters.normalise(step, x));
    case 'add':
      return step.from.map(get).reduce(add);
    case 'concatenate':
      return concatenate(step.from.map(get), 1);
    case 'relu':
      return relu(get(step.from));
    case 'max-pool':
      return maxPool(get(step.from), step, step.ceil);
    case 'average-pool':
      return averagePool(get(step.from), step.size);
    case 'average':
      return mean(get(step.from), [2, 3]);
    case 'subsample':
      return subsample(get(step.from), step.channels);
    case 'flatten': {
      const x = get(step.from);
      return reshape(x, [x.shape[0]!, sizeOf(x.shape.slice(1))]);
    }
    case 'linear':
      return linear(get(step.from), parameters.head(step.weight), parameters.head(step.bias));
  }
}

/** Of vectors [n, features] what is done to feature maps: each feature is a channel of one position. */
function asMap(x: Value, compute: (map: Value) => Value): Value {
  if (x.shape.length === 4) return compute(x);
  return reshape(compute(reshape(x, [...x.shape, 1, 1])), x.shape);
}

/**
 * Parameters of a network in inference mode. Batch norm with running statistics is an affine map per channel: its
 * factor is folded into the filters, its offset is the convolution's bias. `filters` gives a convolution's weights where
 * they are predicted; all else is taken from `weights`.
 */
export function frozen(
  weights: ReadonlyMap<string, Tensor>,
  filters: (step: ConvolutionStep) => Value | undefined = () => undefined,
): Parameters {
  return {
    convolve(step, x) {
      const own = filters(step) ?? fixed(weights, step.weight);
      const [count] = step.shape;
      const bias = step.bias === undefined ? new Float32Array(count) : parameter(weights, step.bias).data;
      if (step.norm === undefined) return convolution(x, own, constant(bias), step);
      const { factor, offset } = running(weights, step.norm, step.epsilon);
      const shifted = offset.map((value, i) => value + bias[i]! * factor[i]!);
      return convolution(x, multiply(own, constant(factor, [count, 1, 1, 1])), constant(shifted), step);
    },
    normalise({ norm, epsilon }, x) {
      const { factor, offset } = running(weights, norm, epsilon);
      return affine(x, constant(factor), constant(offset));
    },
    head: name => fixed(weights, name),
  };
}

function fixed(weights: ReadonlyMap<string, Tensor>, name: string): Value {
  const { data, shape } = parameter(weights, name);
  return constant(data, shape);
}

/** The named weights, which are known to be there since `matchParameters`. */
export function parameter(weights: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const tensor = weights.get(name);
  if (!tensor) throw new Error(`The weights have no \`${name}\``);
  return tensor;
}

/** What batch norm with its running statistics multiplies each channel by, and adds to it. */
function running(weights: ReadonlyMap<string, Tensor>, norm: string, epsilon: number) {
  const part = (name: string) => parameter(weights, `${norm}.${name}`).data;
  const [weight, bias, average, variance] = [
    part('weight'),
    part('bias'),
    part('running_mean'),
    part('running_var'),
  ];
  const factor = weight.map((gamma, i) => gamma / Math.sqrt(variance[i]! + epsilon));
  const offset = bias.map((beta, i) => beta - average[i]! * factor[i]!);
  return { factor, offset };
}

/** The mean of windows of size x size that fill x [n, c, h, w]. */
function averagePool(x: Value, size: number): Value {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  return mean(reshape(x, [n, c, h / size, size, w / size, size]), [3, 5]);
}

/**
 * Every second pixel of x [n, c, h, w] under zeros for the channels that are added, half of them before and half after
 * (the identity path of shortcut A): a convolution with ones and zeros, which engines do without changing the layout.
 */
function subsample(x: Value, channels: number): Value {
  const c = x.shape[1]!;
  const ones = new Float32Array(channels * c);
  for (let i = 0; i < c; i++) ones[((channels - c) / 2 + i) * c + i] = 1;
  const filters = constant(ones, [channels, c, 1, 1]);
  return convolution(x, filters, constant(new Float32Array(channels)), { stride: 2, padding: 0 });
}
