import type { StageEvent } from '../contract/job.ts';
import type { StageKind } from '../contract/stage.ts';
import type { ChoiceEvent } from '../devices/choose.ts';
import type { FailureKind } from '../failure.ts';
import type { Share } from './share.ts';

/** Why a stage failed; 'bug' is anything thrown that was not meant for people. */
export type RunFailureKind = FailureKind | 'bug';

export interface RunFailure {
  kind: RunFailureKind;
  message: string;
  hint?: string;
  details?: Readonly<Record<string, unknown>>;
}

export interface StageFinished {
  type: 'stage-finished';
  stage: string;
  key: string;
  kind: StageKind;
  /** Wall time. */
  seconds: number;
}

export interface StageFailed extends RunFailure {
  type: 'stage-failed';
  stage: string;
  key: string;
}

/** What a worker process tells the process that started it. */
export type WorkerEvent = StageEvent | StageFinished | StageFailed;

/** How the machine is shared is told when there is something to compute. */
export type SweepStarted = SweepSize & (Share | { readonly [key in keyof Share]?: never });

export interface SweepSize {
  type: 'sweep-started';
  sweep: string;
  /** Runs, and stages of them, that are to be done; no stages where the store holds all that the runs need. */
  runs: number;
  stages: number;
  planned: number;
  /** Iterations of all phases that are to be done. */
  iterations: number;
}

/** All of a run's stages are done and its result is written. */
export interface RunFinished {
  type: 'run-finished';
  run: string;
  metrics: Record<string, number>;
  /** What its phases took. */
  seconds: number;
}

/** What a sweep tells whoever shows or records it; one line each in events.jsonl, with the time. */
export type SweepEvent =
  | WorkerEvent
  | ChoiceEvent
  | SweepStarted
  | RunFinished
  | { type: 'run-skipped'; run: string; reason: 'complete' }
  | { type: 'set-aside'; file: string; reason: string }
  | { type: 'stage-interrupted'; stage: string }
  | { type: 'stage-waiting'; stage: string; owner: string }
  | { type: 'stage-left-out'; stage: string; reason: string }
  /** In %: the target itself is hardly better than guessing. */
  | { type: 'target-near-chance'; stage: string; accuracy: number; chance: number }
  | { type: 'sweep-stopping'; reason: string }
  | {
      type: 'sweep-finished';
      sweep: string;
      complete: number;
      failed: number;
      planned: number;
      seconds: number;
    };

export type Emit<Event> = (event: Event) => void;
