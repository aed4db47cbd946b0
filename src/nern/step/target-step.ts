import { add, multiply, scale } from '../../graph/elementwise.ts';
import { gradients } from '../../graph/gradient.ts';
import type { Program } from '../../graph/program.ts';
import { logSoftmax, sum } from '../../graph/reduction.ts';
import { input, scalar, type Value } from '../../graph/value.ts';
import { forward } from '../../networks/forward.ts';
import { learnableConvolutions, type Network } from '../../networks/network.ts';
import { parameterSlots } from '../../networks/slots.ts';
import { trainingMode } from '../../networks/training-mode.ts';
import type { Optimizer } from '../../optim/optimizer.ts';
import { type DistillationForm, distillationLoss } from '../losses/distillation-loss.ts';
import { smoothnessTerm } from '../losses/smoothness-term.ts';
import type { Smoothness } from '../ordering/smoothness.ts';

/** Conventional knowledge distillation (Hinton et al. 2015): the student learns from a larger network's answers. */
export interface Guidance {
  readonly kd: DistillationForm;
  readonly temperature: number;
  /** The factor of the distillation loss. */
  readonly weight: number;
}

/** What a step of training an original network is made of. */
export interface OriginalStep {
  readonly network: Network;
  /** In a batch. */
  readonly images: number;
  readonly optimizer: Optimizer;
  /** The factor of the cross-entropy with the labels; 0: none are used. */
  readonly labels: number;
  readonly smoothness?: (Smoothness & { readonly factor: number }) | undefined;
  readonly guidance?: Guidance | undefined;
}

/** The outputs of a step that are losses: the objective, then its parts before they are weighted. */
export const originalLossNames = ['loss', 'crossEntropy', 'smoothness', 'kd'] as const;

/**
 * One step of training a network on labelled images, as a tensor program:
 * loss = labels * cross-entropy + factor * smoothness + weight * KD, batch norm in training mode, the optimizer's update.
 * Inputs: `parameters` and `statistics` (vectors as in `parameterSlots`), the optimizer's state and scalars, `images`
 * [n, 3, h, w], `labels` [n, classes] (one-hot), and, with guidance, the teacher's logits `answers` [n, classes]. Outputs: vectors under the same names, and the losses.
 */
export function originalStep(definition: OriginalStep): Program {
  const { network, images: count, optimizer } = definition;
  const { learned, statistics } = parameterSlots(network);
  const parameters = input('parameters', [learned.length]);
  const images = input('images', [count, ...network.input]);
  const mode = trainingMode(network, parameters);
  const { logits } = forward(network, images, mode.parameters);
  const losses = lossesOf(definition, logits, mode.parts);
  const [gradient] = gradients(losses.loss, [parameters]) as [Value];
  const inputs = (names: readonly string[], shape: readonly number[]) =>
    Object.fromEntries(names.map(name => [name, input(name, shape)]));
  const updated = optimizer.update({
    parameters,
    gradient,
    state: inputs(optimizer.stateNames, [learned.length]),
    scalars: inputs(optimizer.scalarNames, []),
    shapes: [...learned.places.values()].map(({ shape }) => shape),
  });
  return {
    name: 'original-step',
    outputs: {
      parameters: updated.parameters,
      ...updated.state,
      ...(statistics.length > 0 && { statistics: mode.updated(input('statistics', [statistics.length])) }),
      ...losses,
    },
  };
}

function lossesOf(
  { network, images: count, labels, smoothness, guidance }: OriginalStep,
  logits: Value,
  parts: ReadonlyMap<string, Value>,
): Record<(typeof originalLossNames)[number], Value> {
  const rough = smoothness
    ? smoothnessTerm(
        learnableConvolutions(network).map(({ weight }) => parts.get(weight)!),
        smoothness,
      )
    : scalar(0);
  const crossEntropy = scale(sum(multiply(input('labels', logits.shape), logSoftmax(logits))), -1 / count);
  const kd = guidance
    ? distillationLoss(logits, input('answers', logits.shape), guidance.kd, guidance.temperature)
    : scalar(0);
  const terms = [
    ...(labels > 0 ? [scale(crossEntropy, labels)] : []),
    ...(smoothness ? [scale(rough, smoothness.factor)] : []),
    ...(guidance ? [scale(kd, guidance.weight)] : []),
  ];
  return { loss: terms.reduce(add), crossEntropy, smoothness: rough, kd };
}
