import type { BatchesOrder } from '../data/batch-maker.ts';
import { Failure } from '../failure.ts';
import type { Engine } from '../graph/program.ts';
import type { Teacher } from '../nern/teacher.ts';
import type { Evaluator } from './evaluate.ts';
import { initialParameters } from './initial.ts';
import type { Job, StageEvent } from './job.ts';
import type { Predict } from './predict.ts';
import type { Representation } from './represent.ts';
import type { RunResult } from './result.ts';
import type { Target } from './target.ts';
import { startOfTraining, train } from './train.ts';
import { type TrainingState, writeTrainingCheckpoint } from './training-checkpoint.ts';

/** Seconds between checkpoints: what a crash of the process can cost. */
const checkpointInterval = 60;

/** Points of the loss curve that a result keeps. */
const historyPoints = 200;

/** What a run works with. */
export interface Work {
  readonly engine: Engine;
  readonly target: Target;
  /** Absent: the target itself is learned from. */
  readonly teacher: Teacher | undefined;
  readonly representation: Representation;
  readonly predict: Predict;
  readonly evaluator: Evaluator;
  /** What distillation is shown; absent when training uses no images. */
  readonly images: BatchesOrder | undefined;
}

/** What training leaves behind. */
export interface Trained {
  readonly parameters: Float32Array;
  readonly history: RunResult['history'];
  readonly evaluations: RunResult['evaluations'];
  /** What is measured at the end alone. */
  readonly conclusion: Awaited<ReturnType<Evaluator['conclude']>>;
  /** What the original network measures. */
  readonly original: Awaited<ReturnType<Evaluator['original']>>;
  readonly engines: readonly string[];
  readonly imagesAtOnce: number;
  readonly seconds: number;
  readonly stepMilliseconds: number;
  /** Steps that changed nothing, because their loss was no number. */
  readonly skipped: number;
}

/**
 * Trains to the last iteration, from `saved` on when it is there, and measures on the way. Whatever ends it earlier, but
 * a loss that is no number, leaves a checkpoint of the last good state; when `stop` is aborted that is a Failure of kind
 * 'signal'.
 */
export async function trainAndMeasure(
  { engine, target, teacher, representation, evaluator, images }: Work,
  { configuration, directory, key, run, seed, specFolder }: Job,
  saved: TrainingState | undefined,
  emit: (event: StageEvent) => void,
  stop: AbortSignal,
): Promise<Trained> {
  const fresh = () => initialParameters(engine, representation, configuration, seed, specFolder);
  const start = saved ?? startOfTraining(configuration, await fresh(), seed);
  const { iterations, evaluateEvery } = configuration;
  const history = [...(saved?.history ?? [])];
  const evaluations = [...(saved?.evaluations ?? [])];
  const engines = enginesOf(saved, engine);
  // On the same engine as before, a run goes on to the same bytes.
  let imagesAtOnce = saved?.engines.at(-1) === engine.name ? saved.imagesAtOnce : engine.imagesAtOnce;
  const historyEvery = Math.ceil(iterations / historyPoints);
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000 + (saved?.seconds ?? 0);
  let { parameters } = start;
  let good: TrainingState | undefined;
  let savedAt = performance.now();
  const save = async () => {
    if (good) await writeTrainingCheckpoint(directory, key, { ...good, seconds: elapsed() });
    savedAt = performance.now();
  };
  let training = 0;
  let stepBegan = performance.now();
  try {
    for await (const step of train(
      engine,
      target,
      teacher,
      representation,
      configuration,
      images,
      start,
      imagesAtOnce,
    )) {
      const { iteration, losses, learningRate } = step;
      training += performance.now() - stepBegan;
      const state = step.state();
      parameters = state.parameters;
      if (step.imagesAtOnce < imagesAtOnce)
        emit({ type: 'run-sliced', run, imagesAtOnce: step.imagesAtOnce });
      imagesAtOnce = step.imagesAtOnce;
      const millisecondsPerStep = training / (iteration - start.iteration);
      emit({ type: 'run-progress', run, iteration, iterations, loss: losses.loss, millisecondsPerStep });
      const isLast = iteration === iterations;
      const metrics =
        iteration % evaluateEvery === 0 || isLast ? await evaluator.measure(parameters) : undefined;
      // Recorded only together: what is saved when measuring fails must not lack the measurement.
      if (iteration % historyEvery === 0 || isLast) history.push({ iteration, ...losses, learningRate });
      if (metrics !== undefined) {
        evaluations.push({ iteration, metrics });
        emit({ type: 'run-evaluated', run, iteration, metrics });
      }
      const record = { history: [...history], evaluations: [...evaluations] };
      good = { ...state, ...record, engines, imagesAtOnce, seconds: 0 };
      if (stop.aborted)
        throw new Failure('signal', `Stopped at iteration ${iteration}; the same command goes on from there`);
      if (performance.now() - savedAt > checkpointInterval * 1000) await save();
      stepBegan = performance.now();
    }
    const conclusion = await evaluator.conclude(parameters);
    const original = await evaluator.original();
    const stepMilliseconds = training / Math.max(1, iterations - start.iteration);
    const record = { history, evaluations, conclusion, original };
    const { skipped } = good ?? start;
    return { parameters, ...record, engines, imagesAtOnce, seconds: elapsed(), stepMilliseconds, skipped };
  } catch (error) {
    // The error that ended it says more than one about the checkpoint.
    if (!(error instanceof Failure && error.kind === 'nan')) await save().catch(() => {});
    throw error;
  }
}

function enginesOf(saved: TrainingState | undefined, { name }: Engine): readonly string[] {
  const before = saved?.engines ?? [];
  return before.at(-1) === name ? before : [...before, name];
}
