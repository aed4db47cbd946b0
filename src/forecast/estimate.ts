import { guidedSteps } from '../contract/needs.ts';
import type { OriginalStage, PhaseStage, Stage } from '../contract/stage.ts';
import { type Cost, costOfPhase, type PhaseCost } from './cost.ts';
import { type StepKind, type StepTime, signatureOf } from './step-times.ts';

/** How well a time is known: measured for these steps, or scaled by the work from the nearest ones that were. */
export type Basis = 'measured' | 'scaled';

export interface Estimate {
  readonly seconds: number;
  readonly basis: Basis;
}

/**
 * What a stage will take on an engine with so many threads, from the times that are known for that engine; undefined
 * where none is. Stages that neither train nor look at images are taken for nothing.
 */
export function estimateStage(
  stage: Stage,
  cost: Cost,
  images: number,
  times: readonly StepTime[],
): Estimate | undefined {
  if (stage.kind === 'phase') return estimatePhase(stage, costOfStage(stage, cost), times);
  if (stage.kind === 'guidance')
    return scaled('distilling', guidedSteps(stage.training) * stage.training.batch * cost.guide, times);
  if (stage.kind === 'original') return estimateOriginal(stage, cost, times);
  if (stage.kind !== 'evaluation') return { seconds: 0, basis: 'scaled' };
  return scaled('distilling', cost.kernels * cost.perKernel + images * cost.image, times);
}

/** What a phase takes, with the logits that it is given or computes. */
export const costOfStage = ({ training, inputs }: PhaseStage, cost: Cost): PhaseCost =>
  costOfPhase(training, cost, inputs.guidance !== undefined);

/** By the work of other steps: a backward pass is twice a forward one. */
function estimateOriginal(
  { iterations, recipe }: OriginalStage,
  { image }: Cost,
  times: readonly StepTime[],
): Estimate | undefined {
  const step = scaled('distilling', 3 * recipe.batch * image, times);
  return step && { ...step, seconds: iterations * step.seconds };
}

function estimatePhase(
  stage: PhaseStage,
  { plain, distilling }: PhaseCost,
  times: readonly StepTime[],
): Estimate | undefined {
  const signature = signatureOf(stage);
  const parts = (
    [
      ['plain', plain],
      ['distilling', distilling],
    ] as const
  ).filter(([, { steps }]) => steps > 0);
  const estimates = parts.map(([kind, { steps, work }]) => {
    const known = times.find(time => time.kind === kind && time.signature === signature);
    const one: Estimate | undefined =
      known === undefined
        ? scaled(kind, work, times)
        : { seconds: known.milliseconds / 1000, basis: 'measured' };
    return one && { seconds: steps * one.seconds, basis: one.basis };
  });
  if (estimates.some(one => one === undefined)) return undefined;
  const all = estimates as Estimate[];
  return {
    seconds: all.reduce((sum, { seconds }) => sum + seconds, 0),
    basis: all.every(({ basis }) => basis === 'measured') ? 'measured' : 'scaled',
  };
}

/** By the work, from the nearest step of the same kind, or of the other. */
function scaled(kind: StepKind, work: number, times: readonly StepTime[]): Estimate | undefined {
  const same = times.filter(time => time.kind === kind);
  const distance = (time: StepTime) => Math.abs(Math.log(time.work / work));
  const [nearest] = [...(same.length > 0 ? same : times)].sort((a, b) => distance(a) - distance(b));
  return nearest && { seconds: ((nearest.milliseconds / 1000) * work) / nearest.work, basis: 'scaled' };
}
