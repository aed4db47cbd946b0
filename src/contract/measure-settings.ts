import { datasetOf, type OodSet } from '../catalogue/datasets.ts';
import { type Measure, numberOf } from '../catalogue/measures.ts';
import { type Attack, attackSettings, level } from '../measures/attack.ts';
import type { Configuration } from '../spec/configuration.ts';

/** The attack under which a measure looks at images; undefined where it looks at them as they are. */
export function attackOf(measure: Measure, { attack }: Configuration): Attack | undefined {
  const { epsilon, steps, stepSize = epsilon / 4 } = attack;
  switch (numberOf(measure).attack) {
    case 'single':
      return { epsilon: epsilon * level, steps: 1, stepSize: epsilon * level };
    case 'iterated':
      return { epsilon: epsilon * level, steps, stepSize: stepSize * level };
    default:
      return undefined;
  }
}

/** What decides whether two values of a measure can be compared. */
export function settingsOf(
  measure: Measure,
  configuration: Configuration,
): Readonly<Record<string, string>> | undefined {
  if (numberOf(measure).looksAt === 'ood') return oodSettings(configuration);
  const attack = attackOf(measure, configuration);
  return attack && attackSettings(attack);
}

/** Undefined where the data set has no usual one. */
export const oodSetOf = ({ ood, target }: Configuration): OodSet | undefined =>
  ood.set ?? datasetOf(target.dataset).usualOodSet;

function oodSettings(configuration: Configuration): Readonly<Record<string, string>> {
  const { corruptions, severities } = configuration.ood;
  return {
    images: oodSetOf(configuration) ?? 'none',
    ...(corruptions && { corruptions: corruptions.join(' ') }),
    ...(severities && { severities: severities.join(' ') }),
  };
}
