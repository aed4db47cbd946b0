import type { Tell } from '../contract/job.ts';
import { Failure } from '../failure.ts';

/** Seconds between checkpoints: what a crash of the process can cost. */
const checkpointInterval = 60;

/** Points of the loss curve that a result keeps. */
const historyPoints = 200;

/** Where work by steps stands. */
export interface Position {
  /** Iterations done. */
  readonly iteration: number;
}

/** One step, as the generator yields it that takes it. */
export interface Step<State extends Position, Point> extends Position {
  /** Absent where steps have none. */
  readonly loss?: number;
  /** What the loss curve keeps of the step, if the loss is a finite number: there may be no such loss yet. */
  readonly point?: Point;
  /**
   * From where a killed process goes on to the same bytes: behind this step, or at the end of an earlier one. Asked for
   * after `observe`; its vectors hold until the step after next.
   */
  state(): State;
}

/** What is saved beside a state. */
export interface Kept<Point> {
  readonly history: readonly Point[];
  /** The engines that took part, the last one last. */
  readonly engines: readonly string[];
  /** Time spent so far. */
  readonly seconds: number;
}

export type Saved<State extends Position, Point> = State & Kept<Point>;

/** Work by steps that can be stopped at any of them. */
export interface Resumable<State extends Position, Point, Taken extends Step<State, Point>> {
  /** Of the stage, for those who are told of it. */
  readonly name: string;
  /** The name of the engine that computes from now on. */
  readonly engine: string;
  readonly iterations: number;
  /** Where the first step begins, and what was kept when an earlier process ended there. */
  readonly start: State;
  readonly saved: Kept<Point> | undefined;
  /** From `start` to the last iteration. */
  readonly steps: AsyncIterable<Taken>;
  /** Looks at each step as it is done; its time is none of the steps'. */
  readonly observe?: (step: Taken) => Promise<void>;
  /** Keeps a checkpoint, in place of the one before. */
  readonly save: (saved: Saved<State, Point>) => Promise<void>;
}

/** What it leaves behind. */
export type Completed<State extends Position, Point> = Saved<State, Point> & {
  /** The mean over the steps of this process, without the first, which is compiled. */
  readonly stepMilliseconds: number;
};

/**
 * Goes to the last iteration. Every 60 seconds, and whatever ends it earlier but weights that are no numbers, it saves the
 * last good state; when `stop` is aborted it ends with a Failure of kind 'signal'.
 */
export async function runToEnd<State extends Position, Point, Taken extends Step<State, Point>>(
  { name, engine, iterations, start, saved, steps, observe, save }: Resumable<State, Point, Taken>,
  tell: Tell,
  stop: AbortSignal,
): Promise<Completed<State, Point>> {
  const engines = withEngine(saved?.engines ?? [], engine);
  const historyEvery = Math.ceil(iterations / historyPoints);
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000 + (saved?.seconds ?? 0);
  let history = saved?.history ?? [];
  let good: Saved<State, Point> | undefined;
  let savedAt = performance.now();
  const checkpoint = async () => {
    if (good) await save({ ...good, seconds: elapsed() });
    savedAt = performance.now();
  };
  let [spent, first] = [0, 0];
  let stepBegan = performance.now();
  try {
    for await (const step of steps) {
      const { iteration, loss, point } = step;
      spent += performance.now() - stepBegan;
      const count = iteration - start.iteration;
      if (count === 1) first = spent;
      tell({
        type: 'stage-progress',
        ...{ stage: name, iteration, iterations, ...(loss !== undefined && { loss }) },
        millisecondsPerStep: spent / count,
      });
      await observe?.(step);
      // Only now: what is saved when observing fails must not lack what would have been found.
      const isTold = iteration % historyEvery === 0 || iteration === iterations;
      if (isTold && point !== undefined && Number.isFinite(loss)) history = [...history, point];
      good = { ...step.state(), history, engines, seconds: 0 };
      if (stop.aborted)
        throw new Failure('signal', `Stopped at iteration ${iteration}; the same command goes on from there`);
      if (performance.now() - savedAt > checkpointInterval * 1000) await checkpoint();
      stepBegan = performance.now();
    }
  } catch (error) {
    // The error that ended it says more than one about the checkpoint.
    if (!(error instanceof Failure && error.kind === 'nan')) await checkpoint().catch(() => {});
    throw error;
  }
  const count = iterations - start.iteration;
  const stepMilliseconds = count > 1 ? (spent - first) / (count - 1) : spent;
  return { ...(good ?? start), history, engines, seconds: elapsed(), stepMilliseconds };
}

const withEngine = (engines: readonly string[], name: string): readonly string[] =>
  engines.at(-1) === name ? engines : [...engines, name];
