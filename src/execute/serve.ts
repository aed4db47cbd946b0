import type { Job } from '../contract/job.ts';
import { dependencies, type Stage } from '../contract/stage.ts';
import { Failure } from '../failure.ts';
import type { Emit, WorkerEvent } from './events.ts';
import { classifyError } from './failures.ts';

/** What does the stages of a job: `executeStage` of src/stages/execute.ts, or a stand-in for it. */
export type Execute = (
  job: Job,
) => (stage: Stage, emit: Emit<WorkerEvent>, stop: AbortSignal) => Promise<unknown>;

/** Progress is told at most this often: enough for a display that is alive, too little to cost anything. */
const progressInterval = 200;

/**
 * The life of a worker process: waits for one job from its parent, does its stages one after the other, and ends. A
 * stage that fails keeps those that build on it from being done, no others. SIGINT and SIGTERM stop the work; so does
 * the death of the parent, so that no worker trains on for nobody. `end` gives back what the job held; it comes when all
 * is written and told, for libraries of GPUs crash and hang there.
 */
export function serve(execute: Execute, end: () => Promise<void> = async () => {}): void {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  process.once('disconnect', () => process.exit(1));
  process.once('message', async message => {
    const job = message as Job;
    const ok = await workOn(job, execute(job), send, stop.signal);
    process.send!({ type: 'job-ended' }, async () => {
      await end().catch(() => {});
      process.exit(ok ? 0 : 1);
    });
  });
}

/**
 * Does a job's stages one after the other; one that fails keeps those that build on it from being done, no others. Whether
 * all were done.
 */
export async function workOn(
  job: Job,
  executeStage: ReturnType<Execute>,
  tell: Emit<WorkerEvent>,
  stop: AbortSignal,
): Promise<boolean> {
  const failed = new Set<string>();
  for (const stage of job.stages) {
    const { name, key, kind } = stage;
    if (dependencies(stage).some(other => failed.has(other))) {
      failed.add(key);
      continue;
    }
    const began = performance.now();
    try {
      if (stop.aborted) throw new Failure('signal', 'Stopped before it began');
      await executeStage(stage, throttled(tell), stop);
      tell({ type: 'stage-finished', stage: name, key, kind, seconds: (performance.now() - began) / 1000 });
    } catch (error) {
      failed.add(key);
      tell({ type: 'stage-failed', stage: name, key, ...classifyError(error) });
    }
  }
  return failed.size === 0;
}

function send(event: WorkerEvent): void {
  process.send!(event);
}

function throttled(emit: Emit<WorkerEvent>): Emit<WorkerEvent> {
  let last = -Infinity;
  return event => {
    if (event.type === 'stage-progress') {
      const now = performance.now();
      const final = event.iteration === event.iterations;
      if (!final && now - last < progressInterval) return;
      last = now;
    }
    emit(event);
  };
}
