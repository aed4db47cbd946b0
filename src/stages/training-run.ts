import type { Tell } from '../contract/job.ts';
import { distils } from '../contract/needs.ts';
import type { PhaseRecord } from '../contract/result.ts';
import type { PhaseStage } from '../contract/stage.ts';
import type { BatchesOrder } from '../data/batch-maker.ts';
import { Failure } from '../failure.ts';
import type { Engine } from '../graph/program.ts';
import { take } from '../training/loss-window.ts';
import { type Guidance, startOfTraining, train } from '../training/train.ts';
import { type TrainingState, writeTrainingCheckpoint } from '../training/training-checkpoint.ts';
import type { Bench } from './workshop.ts';

/** Seconds between checkpoints: what a crash of the process can cost. */
const checkpointInterval = 60;

/** Points of the loss curve that a result keeps. */
const historyPoints = 200;

/** What training works with. */
interface Work extends Bench {
  readonly guidance: Guidance;
  /** What distillation is shown; absent when training uses no images. */
  readonly images: BatchesOrder | undefined;
}

/** What is to be trained. */
interface Assignment {
  readonly stage: PhaseStage;
  /** Where its checkpoint lies. */
  readonly directory: string;
  /** The predictor's parameters before the first iteration. */
  begin(): Promise<Float32Array>;
}

/** What training leaves behind; `stepMilliseconds` without the first step, which is compiled. */
interface Trained
  extends Pick<
    TrainingState,
    'parameters' | 'history' | 'evaluations' | 'engines' | 'imagesAtOnce' | 'seconds' | 'skipped'
  > {
  readonly stepMilliseconds: number;
}

/**
 * Trains to the last iteration, from `saved` on when it is there, and measures on the way. Whatever ends it earlier, but
 * weights that are no numbers, leaves a checkpoint of the last good state; when `stop` is aborted that is a Failure of kind
 * 'signal'.
 */
export async function trainAndMeasure(
  { engine, target, guidance, representation, predict, evaluator, images }: Work,
  { stage, directory, begin }: Assignment,
  saved: TrainingState | undefined,
  tell: Tell,
  stop: AbortSignal,
): Promise<Trained> {
  const { training: configuration, key, name, seed, track } = stage;
  const start = saved ?? startOfTraining(configuration, await begin(), seed);
  const { iterations, evaluateEvery, evaluateLowest, warmup } = configuration;
  const history = [...(saved?.history ?? [])];
  const evaluations = [...(saved?.evaluations ?? [])];
  const engines = enginesOf(saved, engine);
  // On the same engine as before, a run goes on to the same bytes.
  let imagesAtOnce = saved?.engines.at(-1) === engine.name ? saved.imagesAtOnce : engine.imagesAtOnce;
  const historyEvery = Math.ceil(iterations / historyPoints);
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000 + (saved?.seconds ?? 0);
  let { parameters, skipped } = start;
  let lossWindow = saved?.lossWindow ?? [];
  let good: TrainingState | undefined;
  let savedAt = performance.now();
  const save = async () => {
    if (good) await writeTrainingCheckpoint(directory, key, { ...good, seconds: elapsed() });
    savedAt = performance.now();
  };
  let [training, first] = [0, 0];
  let stepBegan = performance.now();
  try {
    for await (const step of train(
      { engine, target, guidance, representation, configuration, images },
      start,
      imagesAtOnce,
    )) {
      const { iteration, losses, learningRate } = step;
      training += performance.now() - stepBegan;
      if (iteration === start.iteration + 1) first = training;
      const state = step.state();
      const before = parameters;
      parameters = state.parameters;
      if (step.imagesAtOnce < imagesAtOnce)
        tell({ type: 'stage-sliced', stage: name, imagesAtOnce: step.imagesAtOnce });
      imagesAtOnce = step.imagesAtOnce;
      const millisecondsPerStep = training / (iteration - start.iteration);
      tell({
        type: 'stage-progress',
        stage: name,
        iteration,
        iterations,
        loss: losses.loss,
        millisecondsPerStep,
      });
      const isLast = iteration === iterations;
      const measured: PhaseRecord['evaluations'] = [];
      const measure = async (parameters: Float32Array, iteration: number) =>
        measured.push({
          iteration,
          metrics: finite(await evaluator.measure(await predict(parameters), track)),
        });
      const distilled = distils(configuration) && iteration > warmup && step.skipped === skipped;
      skipped = step.skipped;
      if (evaluateLowest !== undefined && distilled) {
        // A step's losses are those of the parameters that it begins with.
        const taken = take(evaluateLowest, lossWindow, iteration - 1, losses.kd + losses.fmd);
        lossWindow = taken.losses;
        const isKnown = evaluations.at(-1)?.iteration === iteration - 1;
        if (track.length > 0 && taken.isLowest && !isKnown) await measure(before, iteration - 1);
      }
      if (track.length > 0 && (iteration % evaluateEvery === 0 || isLast))
        await measure(parameters, iteration);
      // Recorded only together: what is saved when measuring fails must not lack the measurement.
      // There may be no finite loss yet.
      const isTold = (iteration % historyEvery === 0 || isLast) && Number.isFinite(losses.loss);
      if (isTold) history.push({ iteration, ...losses, learningRate });
      evaluations.push(...measured);
      for (const one of measured) tell({ type: 'stage-evaluated', stage: name, ...one });
      const record = { history: [...history], evaluations: [...evaluations], lossWindow };
      good = { ...state, ...record, engines, imagesAtOnce, seconds: 0 };
      if (stop.aborted)
        throw new Failure('signal', `Stopped at iteration ${iteration}; the same command goes on from there`);
      if (performance.now() - savedAt > checkpointInterval * 1000) await save();
      stepBegan = performance.now();
    }
    // The first step is compiled: it tells nothing of the others.
    const steps = iterations - start.iteration;
    const stepMilliseconds = steps > 1 ? (training - first) / (steps - 1) : training;
    const record = { history, evaluations, skipped: (good ?? start).skipped };
    return { parameters, ...record, engines, imagesAtOnce, seconds: elapsed(), stepMilliseconds };
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

/** What is no finite number, as the loss of a network that diverges, is none. */
function finite(metrics: Readonly<Partial<Record<string, number>>>): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [name, Number.isFinite(value) ? value! : null]),
  );
}
