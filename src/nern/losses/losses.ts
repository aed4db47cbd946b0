import type { DistillationForm } from './distillation-loss.ts';
import type { FeatureMapForm } from './feature-map-loss.ts';
import type { ReconstructionForm } from './reconstruction-loss.ts';

/** A spec's `losses`. */
export interface LossForms {
  readonly reconstruction: ReconstructionForm;
  /** The weight of the reconstruction loss. */
  readonly reconstructionWeight: number;
  readonly kd: DistillationForm;
  /** By which logits are divided in knowledge distillation. */
  readonly temperature: number;
  readonly fmd: FeatureMapForm;
}

/** The losses of the papers' experiments. */
export const paperLosses: LossForms = {
  reconstruction: 'rms',
  reconstructionWeight: 1,
  kd: 'stable',
  temperature: 1,
  fmd: 'per-image',
};

/** Whether slices of a batch of images give the same losses as all at once; other forms compare them with each other. */
export const sumsOverImages = ({ fmd }: LossForms) => fmd === 'per-image';
