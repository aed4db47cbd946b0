import { convolution } from '../graph/convolution.ts';
import { add, multiply, relu } from '../graph/elementwise.ts';
import { linear } from '../graph/linear.ts';
import { mean } from '../graph/reduction.ts';
import type { Tensor } from '../graph/tensor.ts';
import { constant, type Value } from '../graph/value.ts';
import type { ConvolutionStep, Network } from './network.ts';

export interface Features {
  /** [images, classes] */
  readonly logits: Value;
  /** The feature maps that distillation compares, before their ReLU, in order. */
  readonly maps: readonly Value[];
}

/** How a network's parameters enter the program. */
export interface Parameters {
  /** The result of a convolution step, batch norm included. */
  convolve(step: ConvolutionStep, x: Value): Value;
  /** A parameter of the classifier. */
  head(name: string): Value;
}

/** The network applied to images [n, channels, height, width]. */
export function forward(network: Network, images: Value, parameters: Parameters): Features {
  const made = new Map<string, Value>([['image', images]]);
  const maps: Value[] = [];
  const get = (name: string) => {
    const found = made.get(name);
    if (!found) throw new Error(`The network \`${network.name}\` uses \`${name}\` before it is made`);
    return found;
  };
  for (const step of network.steps) {
    const result = ((): Value => {
      switch (step.kind) {
        case 'convolution':
          return parameters.convolve(step, get(step.from));
        case 'add':
          return add(get(step.from[0]), get(step.from[1]));
        case 'relu':
          return relu(get(step.from));
        case 'subsample':
          return subsample(get(step.from), step.channels);
        case 'average':
          return mean(get(step.from), [2, 3]);
        case 'linear':
          return linear(get(step.from), parameters.head(step.weight), parameters.head(step.bias));
      }
    })();
    made.set(step.to, result);
    if ('compared' in step && step.compared) maps.push(result);
  }
  return { logits: get('logits'), maps };
}

/**
 * Parameters of a network in inference mode. Batch norm with running statistics is an affine map per channel: its
 * factor is folded into the filters, its offset is the convolution's bias. `filters` gives a convolution's weights,
 * fixed or predicted; all else is taken from `weights`.
 */
export function frozen(
  weights: ReadonlyMap<string, Tensor>,
  filters: (step: ConvolutionStep) => Value = step => fixed(weights, step.weight),
): Parameters {
  return {
    convolve(step, x) {
      const { factor, offset } = foldedNorm(weights, step.norm);
      const folded = multiply(filters(step), constant(factor, [factor.length, 1, 1, 1]));
      return convolution(x, folded, constant(offset), step);
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

/** Batch norm's eps, the same in every network here. */
export const normEpsilon = 1e-5;

function foldedNorm(weights: ReadonlyMap<string, Tensor>, norm: string) {
  const part = (name: string) => parameter(weights, `${norm}.${name}`).data;
  const [weight, bias, average, variance] = [
    part('weight'),
    part('bias'),
    part('running_mean'),
    part('running_var'),
  ];
  const factor = weight.map((gamma, i) => gamma / Math.sqrt(variance[i]! + normEpsilon));
  const offset = bias.map((beta, i) => beta - average[i]! * factor[i]!);
  return { factor, offset };
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
