import type { Attack } from '../measures/attack.ts';
import { attackSettings, level } from '../measures/attack.ts';
import type { Configuration } from '../spec/configuration.ts';

/** What `evaluate` in a spec can name. */
export type Evaluation = Configuration['evaluate'][number];

/** What is known of a measure that is one number, before anything is measured. */
interface Scalar {
  readonly unit: string;
  /** Whether it looks at images, or at weights alone. */
  readonly images: boolean;
  /** Whether it is also taken on the way, for it costs no more than a look at the test images. */
  readonly onTheWay: boolean;
  /** Whether it compares with the target, so that it tells nothing of the target itself. */
  readonly compares: boolean;
  /** The size of its attack. */
  readonly attack?: (configuration: Configuration) => Attack;
}

const ofLogits = (unit: string): Scalar => ({ unit, images: true, onTheWay: true, compares: false });

const underAttack = (attack: (configuration: Configuration) => Attack): Scalar => ({
  unit: '%',
  images: true,
  onTheWay: false,
  compares: false,
  attack,
});

const scalars = {
  accuracy: ofLogits('%'),
  'top-5': ofLogits('%'),
  loss: ofLogits('nat'),
  agreement: { ...ofLogits('%'), compares: true },
  'reconstruction-error': { unit: '', images: false, onTheWay: true, compares: true },
  fgsm: underAttack(({ attack: { epsilon } }) => ({
    epsilon: epsilon * level,
    steps: 1,
    stepSize: epsilon * level,
  })),
  ood: { unit: '%', images: true, onTheWay: false, compares: false },
  'i-fgsm': underAttack(({ attack: { epsilon, steps, stepSize = epsilon / 4 } }) => ({
    epsilon: epsilon * level,
    steps,
    stepSize: stepSize * level,
  })),
} as const satisfies Partial<Record<Evaluation, Scalar>>;

/** What the measure `ood` looks at, where `ood.set` does not say it. */
const usualSets: Readonly<Record<string, OodSet>> = {
  cifar10: 'cifar10-c',
  cifar100: 'cifar100-c',
  imagenet: 'imagenet-r',
};

export type OodSet = NonNullable<Configuration['ood']['set']>;

/** Undefined where the data set has no usual one. */
export const oodSetOf = ({ ood, target }: Configuration): OodSet | undefined =>
  ood.set ?? usualSets[target.dataset];

function oodSettings(configuration: Configuration): Readonly<Record<string, string>> {
  const { corruptions, severities } = configuration.ood;
  return {
    images: oodSetOf(configuration) ?? 'none',
    ...(corruptions && { corruptions: corruptions.join(' ') }),
    ...(severities && { severities: severities.join(' ') }),
  };
}

/** A measure that is one number. */
export type Measure = keyof typeof scalars;

/** A measure that is a document. */
export type Analysis = Exclude<Evaluation, Measure>;

export const isMeasure = (name: Evaluation): name is Measure => Object.hasOwn(scalars, name);

export const scalarOf = (name: Measure): Scalar => scalars[name];

/** What decides whether two values of a measure can be compared. */
export function settingsOf(
  name: Measure,
  configuration: Configuration,
): Readonly<Record<string, string>> | undefined {
  if (name === 'ood') return oodSettings(configuration);
  const attack = scalarOf(name).attack?.(configuration);
  return attack && attackSettings(attack);
}

/** Of these measures the lowest value is the best. */
const lowestIsBest: readonly Measure[] = ['loss', 'reconstruction-error'];

/** Whether one value of a measure is better than another. */
export const betterBy = (measure: Measure) => (a: number, b: number) =>
  lowestIsBest.includes(measure) ? a < b : a > b;
