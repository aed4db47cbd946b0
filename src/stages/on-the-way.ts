import { distils } from '../contract/needs.ts';
import type { PhaseRecord } from '../contract/result.ts';
import type { PhaseStage } from '../contract/stage.ts';
import { take } from '../training/loss-window.ts';
import type { Iteration } from '../training/train.ts';

type Evaluations = PhaseRecord['evaluations'];

/** What was measured so far, and what decides about the next measurement. */
export interface Measured {
  readonly evaluations: Evaluations;
  /** The latest distillation losses, where they decide what is evaluated. */
  readonly lossWindow?: readonly number[];
}

/** Measures a predictor while it is trained. */
export interface OnTheWay {
  /** Looks at a step, the parameters that it began with and those that it gave; what it measured anew is the answer. */
  look(step: Iteration, before: Float32Array, after: Float32Array): Promise<Evaluations>;
  state(): Measured;
}

/** Measures at the points that the phase names, and after its last iteration, going on from what is `saved`. */
export function measureOnTheWay(
  { training, track }: PhaseStage,
  saved: (Measured & { readonly skipped: number }) | undefined,
  measure: (parameters: Float32Array) => Promise<Readonly<Partial<Record<string, number>>>>,
): OnTheWay {
  const { iterations, evaluateEvery, evaluateLowest, warmup } = training;
  let { evaluations, lossWindow = [] }: Measured = saved ?? { evaluations: [] };
  let skipped = saved?.skipped ?? 0;
  return {
    async look(step, before, after) {
      const { iteration, losses } = step;
      const measured: Evaluations = [];
      const at = async (iteration: number, parameters: Float32Array) =>
        measured.push({ iteration, metrics: finite(await measure(parameters)) });
      const distilled = distils(training) && iteration > warmup && step.skipped === skipped;
      let latest = lossWindow;
      if (evaluateLowest !== undefined && distilled) {
        // A step's losses are those of the parameters that it begins with.
        const taken = take(evaluateLowest, lossWindow, iteration - 1, losses.kd + losses.fmd);
        latest = taken.losses;
        const isKnown = evaluations.at(-1)?.iteration === iteration - 1;
        if (track.length > 0 && taken.isLowest && !isKnown) await at(iteration - 1, before);
      }
      const isDue = iteration % evaluateEvery === 0 || iteration === iterations;
      if (track.length > 0 && isDue) await at(iteration, after);
      // Only now: nothing of it counts where measuring fails.
      lossWindow = latest;
      skipped = step.skipped;
      evaluations = [...evaluations, ...measured];
      return measured;
    },
    state: () => ({ evaluations, lossWindow }),
  };
}

/** What is no finite number, as the loss of a network that diverges, is none. */
function finite(metrics: Readonly<Partial<Record<string, number>>>): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [name, Number.isFinite(value) ? value! : null]),
  );
}
