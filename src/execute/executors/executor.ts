import type { Job } from '../../contract/job.ts';
import type { Emit, RunFailure, WorkerEvent } from '../events.ts';

/** `stop` asks what executes a job to end in good order, `kill` ends it at once. */
export interface Interruption {
  stop: AbortSignal;
  kill: AbortSignal;
}

/** How the execution of a job ended. */
export interface Ending {
  /** The failures that were told, by the keys of their stages. */
  failures: ReadonlyMap<string, RunFailure>;
  /** Whether whoever runs the sweep stopped it. */
  interrupted: boolean;
  /** What it means that it ended before it was done; absent when it said that it was. */
  crash?: RunFailure;
}

/**
 * Where jobs are executed. What the stages report goes to `emit`, but for failures, which are returned; what they leave
 * behind is in the job's store, and that alone counts as done.
 */
export type Executor = (job: Job, emit: Emit<WorkerEvent>, interruption: Interruption) => Promise<Ending>;
