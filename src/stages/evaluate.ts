import type { Labels } from '../data/images.ts';
import type { Engine } from '../graph/program.ts';
import type { Tensor } from '../graph/tensor.ts';
import { accuracy } from '../measures/accuracy.ts';
import { agreement } from '../measures/agreement.ts';
import { type Attack, attackSettings, level } from '../measures/attack.ts';
import { crossEntropy } from '../measures/cross-entropy.ts';
import { reconstructionError } from '../nern/reconstruct.ts';
import type { TargetKernels } from '../nern/target-kernels.ts';
import { once } from '../once.ts';
import type { Configuration } from '../spec/configuration.ts';
import type { Analysis } from './analyses/write.ts';
import { createClassifier } from './classify.ts';
import type { Predict } from './predict.ts';
import type { Sample } from './sample.ts';
import type { Target } from './target.ts';

/** What `evaluate` in a spec can name and is one number. */
export type Measure = Exclude<Configuration['evaluate'][number], Analysis>;

/** What measures look at: a network by its learnable kernels, the target's own among them. */
interface Subject {
  readonly configuration: Configuration;
  readonly kernels: Float32Array;
  readonly target: TargetKernels;
  readonly labels: Labels;
  logits(): Promise<Tensor>;
  attacked(attack: Attack): Promise<Tensor>;
  /** Of the target itself. */
  originalLogits(): Promise<Tensor>;
}

interface Definition {
  readonly unit: string;
  /** What decides whether two values can be compared. */
  readonly settings?: (configuration: Configuration) => Readonly<Record<string, string>>;
  /** `often`: also on the way, for it costs no more than a look at the test images; `last`: at the end only. */
  readonly taken: 'often' | 'last';
  /** Whether it compares with the target, so that it tells nothing of the target itself. */
  readonly compares: boolean;
  value(subject: Subject): Promise<number>;
}

const ofLogits = (unit: string, value: (logits: Tensor, labels: Labels) => number): Definition => ({
  unit,
  taken: 'often',
  compares: false,
  value: async ({ logits, labels }) => value(await logits(), labels),
});

const underAttack = (attackOf: (configuration: Configuration) => Attack): Definition => ({
  unit: '%',
  settings: configuration => attackSettings(attackOf(configuration)),
  taken: 'last',
  compares: false,
  value: async ({ attacked, labels, configuration }) =>
    accuracy(await attacked(attackOf(configuration)), labels),
});

export const measures: Readonly<Record<Measure, Definition>> = {
  accuracy: ofLogits('%', accuracy),
  'top-5': ofLogits('%', (logits, labels) => accuracy(logits, labels, 5)),
  loss: ofLogits('nat', crossEntropy),
  agreement: {
    unit: '%',
    taken: 'often',
    compares: true,
    value: async ({ logits, originalLogits }) => agreement(await logits(), await originalLogits()),
  },
  'reconstruction-error': {
    unit: '',
    taken: 'often',
    compares: true,
    value: async ({ kernels, target }) => reconstructionError(kernels, target),
  },
  fgsm: underAttack(({ attack: { epsilon } }) => ({
    epsilon: epsilon * level,
    steps: 1,
    stepSize: epsilon * level,
  })),
  'i-fgsm': underAttack(({ attack: { epsilon, steps, stepSize = epsilon / 4 } }) => ({
    epsilon: epsilon * level,
    steps,
    stepSize: stepSize * level,
  })),
};

export const isMeasure = (name: string): name is Measure => Object.hasOwn(measures, name);

export type Measured = Partial<Record<Measure, number>>;

export interface Evaluator {
  /** Measures the network that a predictor with these parameters reconstructs, but for what is taken last. */
  measure(parameters: Float32Array): Promise<Measured>;
  /** The rest, after the last iteration. */
  conclude(parameters: Float32Array): Promise<Measured>;
  /** All that can be said of the original network. */
  original(): Promise<Measured>;
}

/**
 * `test`, the images to classify, is given when a measure looks at images. What measuring takes is
 * compiled when it is first done: training starts sooner.
 */
export function createEvaluator(
  engine: Engine,
  target: Target,
  kernels: TargetKernels,
  predict: Predict,
  configuration: Configuration,
  test: Sample | undefined,
): Evaluator {
  const wanted = configuration.evaluate.filter(isMeasure);
  const classifier = once(() => {
    if (!test) throw new Error(`Expected test images for ${wanted.join(', ')}`);
    return createClassifier(engine, target, kernels, test);
  });
  const originalLogits = once(() => classifier().logits(kernels.rows.data));
  const measure = async (rows: Float32Array, isTaken: (definition: Definition) => boolean) => {
    const subject: Subject = {
      configuration,
      kernels: rows,
      target: kernels,
      labels: test?.images.labels ?? new Uint8Array(),
      logits: once(() => classifier().logits(rows)),
      attacked: attack => classifier().attacked(rows, attack),
      originalLogits,
    };
    const measured: Measured = {};
    for (const name of wanted) {
      if (isTaken(measures[name])) measured[name] = await measures[name].value(subject);
    }
    return measured;
  };
  return {
    measure: async parameters => measure(await predict(parameters), ({ taken }) => taken === 'often'),
    conclude: async parameters => measure(await predict(parameters), ({ taken }) => taken === 'last'),
    original: () => measure(kernels.rows.data, ({ compares }) => !compares),
  };
}
