import { add, multiply, scale } from '../../graph/elementwise.ts';
import { gradients, pullBack } from '../../graph/gradient.ts';
import { gatherRows } from '../../graph/layout.ts';
import type { Program } from '../../graph/program.ts';
import { constant, input, scalar, type Value } from '../../graph/value.ts';
import { type Clipping, clipGradient } from '../../optim/clip.ts';
import type { Optimizer } from '../../optim/optimizer.ts';
import { type LossForms, paperLosses } from '../losses/losses.ts';
import { reconstructionLoss, sampledReconstructionLoss } from '../losses/reconstruction-loss.ts';
import { embeddingOf } from '../predictor/kernel-embedding.ts';
import {
  type Predictor,
  predict,
  predictGrid,
  predictorOf,
  samplePrediction,
} from '../predictor/predictor.ts';
import { parameterCount } from '../predictor/predictor-shapes.ts';
import type { KernelPredictor } from '../predictor/reconstruct.ts';
import { resample } from '../predictor/resample.ts';
import { type Distillation, distil } from './distil.ts';
import type { DistilledTarget, Teacher } from './teacher.ts';

/** What a training step is made of; everything here is fixed while a phase runs. */
export interface StepDefinition extends KernelPredictor {
  readonly target: DistilledTarget;
  /** The network that distillation learns from; absent: the target itself. */
  readonly teacher?: Teacher | undefined;
  /** Absent: the papers'. */
  readonly losses?: LossForms;
  readonly optimizer: Optimizer;
  /** Whether the parameters where the input `mask` is 0 stay 0, as those of a pruned predictor do that is trained on. */
  readonly masked?: boolean | undefined;
  /** Absent: gradients are used as they are. */
  readonly clipping?: Clipping | undefined;
  /** How many kernels carry gradient in a step; absent: all of them. */
  readonly sample: number | undefined;
  /** The layers, in the target's order, that sampled kernels can be of; absent: all. */
  readonly sampledLayers?: readonly number[] | undefined;
  /** `exact`: the reconstruction loss is over all kernels; `sampled`: it is estimated from the sampled ones. */
  readonly root: 'exact' | 'sampled';
  /** Absent: reconstruction alone. */
  readonly distillation: Distillation | undefined;
}

/** The outputs of a step that are losses: the objective, then its parts before they are weighted. */
export const lossNames = ['loss', 'reconstruction', 'kd', 'fmd'] as const;

/**
 * One training step as a tensor program (NeRN, section 3.2): predict the kernels, put them into the network,
 * compare with the original, go back, and update. Inputs: `parameters` and the optimizer's state (vectors), its
 * scalars, `sample` [n] (int32 rows, when sampling), `images` [n, 3, h, w] (when distilling), `guidance` [n, classes] (when distilling
 * without feature maps), `mask` (a vector of ones and zeros, when masked). Outputs: the new `parameters` and state under the same names, and the losses.
 */
export function trainingStep(definition: StepDefinition): Program {
  const { optimizer, predictorShapes, predictorForm, clipping, distillation } = definition;
  const length = parameterCount(predictorShapes);
  const parameters = input('parameters', [length]);
  const predictor = predictorOf(parameters, predictorShapes, predictorForm);
  const sample = definition.sample === undefined ? undefined : input('sample', [definition.sample], 'int32');
  const { losses, gradient } =
    distillation === undefined && sample && definition.root === 'sampled'
      ? sampledReconstruction(definition, predictor, sample, parameters)
      : fullLosses(definition, predictor, sample, parameters);
  const mask = definition.masked ? input('mask', [length]) : undefined;
  const kept = (vector: Value) => (mask ? multiply(vector, mask) : vector);
  const ownGradient = kept(gradient);
  const vectors = (names: readonly string[], shape: readonly number[]) =>
    Object.fromEntries(names.map(name => [name, input(name, shape)]));
  const updated = optimizer.update({
    parameters,
    gradient: clipping ? clipGradient(ownGradient, predictorShapes, clipping) : ownGradient,
    state: vectors(optimizer.stateNames, [length]),
    scalars: vectors(optimizer.scalarNames, []),
    shapes: predictorShapes,
  });
  return {
    name: distillation ? 'distillation-step' : 'reconstruction-step',
    outputs: { parameters: kept(updated.parameters), ...updated.state, ...losses },
  };
}

interface LossesAndGradient {
  readonly losses: Record<(typeof lossNames)[number], Value>;
  readonly gradient: Value;
}

/** The step in which only the sampled kernels are predicted at all; the loss is their estimate of the whole. */
function sampledReconstruction(
  { embedding, kernels, resampling = 'centre', losses = paperLosses }: StepDefinition,
  predictor: Predictor,
  sample: Value,
  parameters: Value,
): LossesAndGradient {
  const raw = predict(predictor, embeddingOf(embedding, sample)).kernels;
  const predicted = resample(raw, resampling, kernels, sample);
  const { loss: reconstruction, share } = sampledReconstructionLoss(
    losses.reconstruction,
    predicted,
    kernels,
    sample,
  );
  const loss = weighted(reconstruction, losses.reconstructionWeight);
  const [gradient] = gradients(multiply(loss, share), [parameters]) as [Value];
  return { losses: { loss, reconstruction, kd: scalar(0), fmd: scalar(0) }, gradient };
}

const weighted = (loss: Value, weight: number) => (weight === 1 ? loss : scale(loss, weight));

/** Losses over all kernels; the gradient goes through the sampled ones (NeRN, "stochastic sampling"). */
function fullLosses(
  definition: StepDefinition,
  predictor: Predictor,
  sample: Value | undefined,
  parameters: Value,
): LossesAndGradient {
  const { target, teacher, kernels, embedding, sampledLayers, distillation } = definition;
  const { resampling = 'centre', losses = paperLosses } = definition;
  const prediction = predictGrid(predictor, embedding);
  const places = constant(embedding.places);
  const raw = gatherRows(prediction.kernels, places);
  const predicted = resample(raw, resampling, kernels);
  const reconstruction = reconstructionLoss(losses.reconstruction, predicted, kernels);
  const objective = weighted(reconstruction, losses.reconstructionWeight);
  const [ofReconstruction] = gradients(objective, [predicted]) as [Value];
  const distilled =
    distillation && distil({ target, teacher, kernels, sampledLayers, losses, distillation }, predicted);
  const ofPredicted = distilled ? add(ofReconstruction, distilled.gradient) : ofReconstruction;
  const { kd, fmd } = distilled ?? { kd: scalar(0), fmd: scalar(0) };
  const loss = distilled ? add(objective, distilled.loss) : objective;
  const [upstream] = (predicted === raw ? [ofPredicted] : pullBack([[predicted, ofPredicted]], [raw])) as [
    Value,
  ];
  const through: [Value, Value] = sample
    ? [
        samplePrediction(predictor, embeddingOf(embedding, sample), prediction, gatherRows(places, sample)),
        gatherRows(upstream, sample),
      ]
    : [prediction.kernels, gatherRows(upstream, constant(embedding.kernels))];
  const [gradient] = pullBack([through], [parameters]) as [Value];
  return { losses: { loss, reconstruction, kd, fmd }, gradient };
}
