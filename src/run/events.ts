import type { ChoiceEvent } from '../devices/choose.ts';
import type { FailureKind } from '../failure.ts';
import type { StageEvent } from '../stages/job.ts';
import type { Share } from './share.ts';

/** Why a run failed; 'bug' is anything thrown that was not meant for people. */
export type RunFailureKind = FailureKind | 'bug';

export interface RunFailure {
  kind: RunFailureKind;
  message: string;
  hint?: string;
  details?: Readonly<Record<string, unknown>>;
}

export interface RunFinished {
  type: 'run-finished';
  run: string;
  metrics: Record<string, number>;
  /** Wall time of the run. */
  seconds: number;
}

export interface RunFailed extends RunFailure {
  type: 'run-failed';
  run: string;
}

/** What a worker process tells the process that started it. */
export type WorkerEvent = StageEvent | RunFinished | RunFailed;

/** How the machine is shared is left out when no run is to be done. */
export interface SweepStarted extends Partial<Share> {
  type: 'sweep-started';
  sweep: string;
  runs: number;
  planned: number;
}

/** What a sweep tells whoever shows or records it; one line each in events.jsonl, with the time. */
export type SweepEvent =
  | WorkerEvent
  | ChoiceEvent
  | SweepStarted
  | { type: 'run-skipped'; run: string; reason: 'complete' }
  | { type: 'result-set-aside'; run: string; file: string; reason: string }
  | { type: 'run-interrupted'; run: string }
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
