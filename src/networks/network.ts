import { sizeOf } from '../graph/tensor.ts';

/**
 * A convolutional classifier, described as data: steps that each make one named feature map from earlier ones.
 * `forward.ts` turns it into a tensor program. Parameter names are those of akamaster's CIFAR ResNets.
 */
export interface Network {
  readonly name: string;
  readonly classes: number;
  /** Channels, height, width. */
  readonly input: readonly [number, number, number];
  readonly steps: readonly Step[];
}

export type Step = ConvolutionStep | AddStep | ReluStep | SubsampleStep | AverageStep | LinearStep;

/** A convolution without bias and the batch norm behind it. */
export interface ConvolutionStep {
  readonly kind: 'convolution';
  readonly to: string;
  readonly from: string;
  readonly weight: string;
  readonly norm: string;
  readonly shape: readonly [filters: number, channels: number, height: number, width: number];
  readonly stride: number;
  readonly padding: number;
  /** Whether feature map distillation compares what comes out (NeRN, section 3.2). */
  readonly compared: boolean;
}

export interface AddStep {
  readonly kind: 'add';
  readonly to: string;
  readonly from: readonly [string, string];
  readonly compared: boolean;
}

export interface ReluStep {
  readonly kind: 'relu';
  readonly to: string;
  readonly from: string;
}

/** Every second row and column, with zero channels added on both sides until there are `channels` (shortcut A). */
export interface SubsampleStep {
  readonly kind: 'subsample';
  readonly to: string;
  readonly from: string;
  readonly channels: number;
}

/** The mean over all positions. */
export interface AverageStep {
  readonly kind: 'average';
  readonly to: string;
  readonly from: string;
}

export interface LinearStep {
  readonly kind: 'linear';
  readonly to: string;
  readonly from: string;
  readonly weight: string;
  readonly bias: string;
  readonly features: number;
}

/** The learnable convolutions in the paper's order: what a predictor represents. */
export function learnableConvolutions(network: Network): ConvolutionStep[] {
  return network.steps.filter(step => step.kind === 'convolution');
}

/** The number of weights in the learnable convolutions: the denominator of the compression ratio. */
export function learnableParameters(network: Network): number {
  return learnableConvolutions(network).reduce((total, { shape }) => total + sizeOf(shape), 0);
}

/** Every parameter and running statistic the network needs, with its shape. */
export function parameterShapes(network: Network): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const step of network.steps) {
    if (step.kind === 'convolution') {
      shapes.set(step.weight, step.shape);
      for (const part of normParts) shapes.set(`${step.norm}.${part}`, [step.shape[0]]);
    } else if (step.kind === 'linear') {
      shapes.set(step.weight, [network.classes, step.features]);
      shapes.set(step.bias, [network.classes]);
    }
  }
  return shapes;
}

const normParts = ['weight', 'bias', 'running_mean', 'running_var'] as const;
