import { Failure } from '../failure.ts';
import type { Job } from '../stages/job.ts';
import { type RunResult, valuesOf } from '../stages/result.ts';
import { removeCheckpoint } from '../stages/training-checkpoint.ts';
import type { Emit, WorkerEvent } from './events.ts';
import { classifyError } from './failures.ts';
import { writeResult } from './store.ts';

/** What does a run: `executeRun` of src/stages/run.ts, or a stand-in for it. Stops soon after `stop` is aborted. */
export type Execute = (job: Job, emit: Emit<WorkerEvent>, stop: AbortSignal) => Promise<RunResult>;

/** Progress is told at most this often: enough for a display that is alive, too little to cost anything. */
const progressInterval = 200;

/**
 * The life of a worker process: waits for one job from its parent, executes it, writes its result last, and ends.
 * SIGINT and SIGTERM stop the run; so does the death of the parent, so that no worker trains on for nobody. `end` gives
 * back what the run held; it comes when the result is written and told, for libraries of GPUs crash and hang there.
 */
export function serve(execute: Execute, end: () => Promise<void> = async () => {}): void {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  process.once('disconnect', () => process.exit(1));
  process.once('message', async message => {
    const final = await work(message as Job, execute, stop.signal);
    process.send!(final, async () => {
      await end().catch(() => {});
      process.exit(final.type === 'run-finished' ? 0 : 1);
    });
  });
}

async function work(job: Job, execute: Execute, stop: AbortSignal): Promise<WorkerEvent> {
  const started = performance.now();
  try {
    const result = await execute(job, throttled(send), stop);
    for (const [name, { value }] of Object.entries(result.metrics)) {
      if (!Number.isFinite(value))
        throw new Failure('nan', `Expected ${name} to be a finite number, got \`${value}\``);
    }
    await writeResult(job.directory, result);
    await removeCheckpoint(job.directory);
    const seconds = (performance.now() - started) / 1000;
    return { type: 'run-finished', run: job.run, metrics: valuesOf(result.metrics), seconds };
  } catch (error) {
    return { type: 'run-failed', run: job.run, ...classifyError(error) };
  }
}

function send(event: WorkerEvent): void {
  process.send!(event);
}

function throttled(emit: Emit<WorkerEvent>): Emit<WorkerEvent> {
  let last = -Infinity;
  return event => {
    if (event.type === 'run-progress') {
      const now = performance.now();
      const final = event.iteration === event.iterations;
      if (!final && now - last < progressInterval) return;
      last = now;
    }
    emit(event);
  };
}
