import { sizeOf } from '../graph/tensor.ts';
import type {
  AddLayer,
  AverageLayer,
  AveragePoolLayer,
  ConcatenateLayer,
  FlattenLayer,
  MaxPoolLayer,
  ReluLayer,
  SubsampleLayer,
} from './layer.ts';

/**
 * A convolutional classifier: steps that each make one named value from earlier ones. `build.ts` makes it of a
 * description; `forward.ts` turns it into a tensor program.
 */
export interface Network {
  readonly name: string;
  readonly classes: number;
  /** Channels, height, width. */
  readonly input: readonly [number, number, number];
  /** The last one makes the logits. */
  readonly steps: readonly Step[];
  /** What no represented convolution has a part in: it is the same in the original and the reconstructed network. */
  readonly untouched: ReadonlySet<string>;
}

/** A layer with all that its description leaves open. */
export type Step =
  | ConvolutionStep
  | NormStep
  | LinearStep
  | Required<ReluLayer>
  | Required<AddLayer>
  | Required<ConcatenateLayer>
  | Required<MaxPoolLayer>
  | Required<AveragePoolLayer>
  | Required<AverageLayer>
  | Required<SubsampleLayer>
  | Required<FlattenLayer>;

/** A convolution, and the batch norm behind it where it has one; parameters by their names. */
export interface ConvolutionStep {
  readonly kind: 'convolution';
  readonly to: string;
  readonly from: string;
  readonly weight: string;
  readonly bias: string | undefined;
  readonly norm: string | undefined;
  /** Added to the norm's variance. */
  readonly epsilon: number;
  readonly shape: readonly [filters: number, channels: number, height: number, width: number];
  readonly stride: number;
  readonly padding: number;
  readonly represented: boolean;
  /** Whether feature map distillation compares what comes out (NeRN, section 3.2). */
  readonly compared: boolean;
}

/** A batch norm by itself. */
export interface NormStep {
  readonly kind: 'norm';
  readonly to: string;
  readonly from: string;
  readonly norm: string;
  readonly epsilon: number;
  readonly channels: number;
}

export interface LinearStep {
  readonly kind: 'linear';
  readonly to: string;
  readonly from: string;
  readonly weight: string;
  readonly bias: string;
  readonly features: number;
  readonly outputs: number;
}

/**
 * The learnable convolutions in the paper's order: what a predictor represents. Where several steps have one weight, the
 * first of them stands for all.
 */
export function learnableConvolutions(network: Network): ConvolutionStep[] {
  const all = network.steps.filter(step => step.kind === 'convolution').filter(step => step.represented);
  const first = new Map(all.toReversed().map(step => [step.weight, step]));
  return all.filter(step => first.get(step.weight) === step);
}

/** The number of weights in the learnable convolutions: the denominator of the compression ratio. */
export function learnableParameters(network: Network): number {
  return learnableConvolutions(network).reduce((total, { shape }) => total + sizeOf(shape), 0);
}

/** Every parameter and running statistic the network needs, with its shape. */
export function parameterShapes(network: Network): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  const setNorm = (norm: string, channels: number) => {
    for (const part of normParts) shapes.set(`${norm}.${part}`, [channels]);
  };
  for (const step of network.steps) {
    if (step.kind === 'convolution') {
      shapes.set(step.weight, step.shape);
      if (step.bias !== undefined) shapes.set(step.bias, [step.shape[0]]);
      if (step.norm !== undefined) setNorm(step.norm, step.shape[0]);
    } else if (step.kind === 'norm') {
      setNorm(step.norm, step.channels);
    } else if (step.kind === 'linear') {
      shapes.set(step.weight, [step.outputs, step.features]);
      shapes.set(step.bias, [step.outputs]);
    }
  }
  return shapes;
}

const normParts = ['weight', 'bias', 'running_mean', 'running_var'] as const;
