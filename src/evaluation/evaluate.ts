import type { Measure } from '../catalogue/measures.ts';
import { attackOf } from '../contract/measure-settings.ts';
import type { Split } from '../contract/needs.ts';
import type { Labels } from '../data/images.ts';
import type { Engine } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Sample } from '../images/sample.ts';
import { accuracy } from '../measures/accuracy.ts';
import { agreement } from '../measures/agreement.ts';
import type { Attack } from '../measures/attack.ts';
import { crossEntropy } from '../measures/cross-entropy.ts';
import { reconstructionError } from '../nern/predictor/reconstruct.ts';
import type { TargetKernels } from '../nern/target-kernels.ts';
import { once } from '../once.ts';
import type { Configuration } from '../spec/configuration.ts';
import type { Target } from '../target/target.ts';
import { type Classifier, createClassifier } from './classify.ts';
import type { OodDocument } from './ood.ts';

/** What measures look at: a network by its learnable kernels, the target's own among them. */
interface Subject {
  readonly kernels: Float32Array;
  readonly target: TargetKernels;
  labels(): Promise<Labels>;
  logits(): Promise<Tensor>;
  attacked(attack: Attack): Promise<Tensor>;
  /** Of the target itself. */
  originalLogits(): Promise<Tensor>;
  shifted(): Promise<OodDocument>;
}

type Take = (subject: Subject, attack: Attack | undefined) => Promise<number>;

const ofLogits =
  (value: (logits: Tensor, labels: Labels) => number): Take =>
  async ({ logits, labels }) =>
    value(await logits(), await labels());

const underAttack: Take = async ({ attacked, labels }, attack) =>
  accuracy(await attacked(attack!), await labels());

const takes: Readonly<Record<Measure, Take>> = {
  accuracy: ofLogits(accuracy),
  'top-5': ofLogits((logits, labels) => accuracy(logits, labels, 5)),
  loss: ofLogits(crossEntropy),
  agreement: async ({ logits, originalLogits }) => agreement(await logits(), await originalLogits()),
  'reconstruction-error': async ({ kernels, target }) => reconstructionError(kernels, target),
  ood: async ({ shifted }) => (await shifted()).mean,
  fgsm: underAttack,
  'i-fgsm': underAttack,
};

/** Measures networks that differ from the target in their learnable kernels [kernels, k * k]. */
export interface Evaluator {
  measure(
    kernels: Float32Array,
    measures: readonly Measure[],
    split?: Split,
  ): Promise<Partial<Record<Measure, number>>>;
  /** All that the measure `ood` finds. */
  shifted(kernels: Float32Array): Promise<OodDocument>;
}

/** What measuring takes is read and compiled when it is first done: training starts sooner. */
export function createEvaluator(
  engine: Engine,
  target: Target,
  kernels: TargetKernels,
  configuration: Configuration,
  images: (split: Split) => Promise<Sample>,
  shifted: Evaluator['shifted'],
): Evaluator {
  const lookers = new Map<Split, () => Promise<Classifier>>();
  const originals = new Map<Split, () => Promise<Tensor>>();
  for (const split of ['test', 'train', 'held-out'] as const) {
    const look = once(async () => createClassifier(engine, target, kernels, await images(split)));
    lookers.set(split, look);
    originals.set(
      split,
      once(async () => (await look()).logits(kernels.rows.data)),
    );
  }
  return {
    async measure(rows, measures, split = 'test') {
      const look = lookers.get(split)!;
      const subject: Subject = {
        kernels: rows,
        target: kernels,
        labels: async () => (await look()).labels,
        logits: once(async () => (await look()).logits(rows)),
        attacked: async attack => (await look()).attacked(rows, attack),
        originalLogits: originals.get(split)!,
        shifted: () => shifted(rows),
      };
      const measured: Partial<Record<Measure, number>> = {};
      for (const name of measures) measured[name] = await takes[name](subject, attackOf(name, configuration));
      return measured;
    },
    shifted,
  };
}
