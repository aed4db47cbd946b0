import { documents, type Evaluation, isMeasure, numberOf } from '../catalogue/measures.ts';
import { takesGuidance } from '../nern/step/distil.ts';
import type { Configuration } from '../spec/configuration.ts';

/** Whether any step looks at images: only then are there feature maps and outputs to compare. */
export const distils = ({ alpha, beta, warmup, iterations }: Configuration) =>
  (alpha > 0 || beta > 0) && warmup < iterations;

/** Whether it learns from logits and nothing else of another network: they can then be computed before. */
export const learnsFromLogits = (training: Configuration) => distils(training) && takesGuidance(training);

/** How many steps distil. */
export const guidedSteps = ({ iterations, warmup }: Configuration) => iterations - warmup;

/** Whether a phase distils on the training images of the target's data set, or on something else. */
export const distilsOnTask = ({ data }: Configuration) => data.source.method === 'task';

/** Images that are measured on; those that are held out are training images. */
export type Split = Configuration['select']['split'];

/** Images that measures look at: those of a split, or test images that are drawn elsewhere. */
export type Looked = 'train' | 'test' | 'ood';

/** The data that a measure looks at when it is to be taken on `split`. */
export function imagesOf(measure: Evaluation, split: Split = 'test'): readonly Looked[] {
  if (!isMeasure(measure)) return documents[measure].looksAt;
  switch (numberOf(measure).looksAt) {
    case 'ood':
      return ['ood'];
    case 'split':
      return [split === 'test' ? 'test' : 'train'];
    case 'nothing':
      return [];
  }
}
