import type { Tell } from '../contract/job.ts';
import type { OriginalRecord } from '../contract/result.ts';
import { Failure } from '../failure.ts';
import type { Engine } from '../graph/program.ts';
import { type OriginalState, type OriginalTask, startOfOriginal, trainOriginal } from './train-target.ts';
import { readTrainingCheckpoint, writeTrainingCheckpoint } from './training-checkpoint.ts';

/** Seconds between checkpoints: what a crash of the process can cost. */
const checkpointInterval = 60;

/** Points of the loss curve that a result keeps. */
const historyPoints = 200;

/** Everything that a killed training needs to go on to the same bytes. */
export interface SavedOriginal extends OriginalState {
  readonly history: OriginalRecord['history'];
  /** The engines that took part, the last one last. */
  readonly engines: readonly string[];
  readonly seconds: number;
}

/** What training leaves behind; `seconds` in all, `stepMilliseconds` without the first step, which is compiled. */
export interface TrainedOriginal extends SavedOriginal {
  readonly stepMilliseconds: number;
}

/** Where a training is kept track of. */
export interface OriginalDesk {
  readonly name: string;
  readonly key: string;
  /** Of its checkpoint. */
  readonly directory: string;
}

export const readSavedOriginal = ({ directory, key }: OriginalDesk) =>
  readTrainingCheckpoint<SavedOriginal>(directory, key);

/**
 * Trains to the last iteration, from `saved` on when it is there. Whatever ends it earlier, but weights that are no numbers,
 * leaves a checkpoint of the last good state; when `stop` is aborted that is a Failure of kind 'signal'.
 */
export async function runOriginal(
  engine: Engine,
  task: OriginalTask,
  { name, key, directory }: OriginalDesk,
  saved: SavedOriginal | undefined,
  tell: Tell,
  stop: AbortSignal,
): Promise<TrainedOriginal> {
  const start = saved ?? startOfOriginal(task);
  const { iterations } = task;
  const before = saved?.engines ?? [];
  const engines = before.at(-1) === engine.name ? before : [...before, engine.name];
  const history = [...(saved?.history ?? [])];
  const historyEvery = Math.ceil(iterations / historyPoints);
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000 + (saved?.seconds ?? 0);
  let good: SavedOriginal = { ...start, history, engines, seconds: saved?.seconds ?? 0 };
  let savedAt = performance.now();
  const save = async () => {
    await writeTrainingCheckpoint(directory, key, { ...good, seconds: elapsed() });
    savedAt = performance.now();
  };
  let [training, first] = [0, 0];
  let stepBegan = performance.now();
  try {
    for await (const { losses, learningRate, state } of trainOriginal(engine, task, start)) {
      const { iteration } = state;
      training += performance.now() - stepBegan;
      if (iteration === start.iteration + 1) first = training;
      const { loss } = losses;
      const millisecondsPerStep = training / (iteration - start.iteration);
      tell({ type: 'stage-progress', stage: name, iteration, iterations, loss, millisecondsPerStep });
      const isDue = iteration % historyEvery === 0 || iteration === iterations;
      // There may be no finite loss yet.
      if (isDue && Number.isFinite(loss)) history.push({ iteration, ...losses, learningRate });
      good = { ...state, history: [...history], engines, seconds: 0 };
      if (stop.aborted)
        throw new Failure('signal', `Stopped at iteration ${iteration}; the same command goes on from there`);
      if (performance.now() - savedAt > checkpointInterval * 1000) await save();
      stepBegan = performance.now();
    }
  } catch (error) {
    // The error that ended it says more than one about the checkpoint.
    const isLost = good.iteration === 0 || (error instanceof Failure && error.kind === 'nan');
    if (!isLost) await save().catch(() => {});
    throw error;
  }
  const steps = iterations - start.iteration;
  const stepMilliseconds = steps > 1 ? (training - first) / (steps - 1) : training;
  return { ...good, seconds: elapsed(), stepMilliseconds };
}
