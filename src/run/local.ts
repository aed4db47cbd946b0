import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { pin } from '../devices/pin.ts';
import { makeFolder } from '../files/atomic.ts';
import type { Job } from '../stages/job.ts';
import type { Emit, RunFailure, WorkerEvent } from './events.ts';
import { classifyExit } from './failures.ts';

/** How a worker ended: it reported success, or failed, or was stopped by whoever runs the sweep. */
export type Ending =
  | { state: 'finished' }
  | { state: 'failed'; failure: RunFailure }
  | { state: 'interrupted' };

/** `stop` asks a run to end in good order, `kill` ends it at once. */
export interface Interruption {
  stop: AbortSignal;
  kill: AbortSignal;
}

/**
 * How long a worker may take to end after it was asked to, or has told its outcome: a step of the largest network takes
 * seconds, and libraries of GPUs may keep a process alive.
 */
const stopGrace = 10_000;

/** So much of a dead worker's output is kept with its failure: a stack trace and what led to it. */
const logTail = 4_000;

const worker = fileURLToPath(new URL('./worker.js', import.meta.url));

/**
 * Executes a run in a process of its own on this machine. What the process prints goes to log.txt in the run's
 * folder; what it reports goes to `emit`, but for its failure, which is returned.
 */
export async function executeLocally(
  job: Job,
  emit: Emit<WorkerEvent>,
  { stop, kill }: Interruption,
  grace = stopGrace,
): Promise<Ending> {
  if (stop.aborted) return { state: 'interrupted' };
  await makeFolder(job.directory);
  const log = openLog(job.directory);
  const { order, environment } = pin(job.engine);
  const child = execa(process.execPath, [process.env.NERN_SWEEP_WORKER ?? worker], {
    ipc: true,
    env: environment,
    stdin: 'ignore',
    stdout: { file: log.file, append: true },
    stderr: { file: log.file, append: true },
    buffer: false,
    reject: false,
    forceKillAfterDelay: grace,
  });

  const end = () => child.kill('SIGTERM');
  const endNow = () => child.kill('SIGKILL');
  stop.addEventListener('abort', end);
  kill.addEventListener('abort', endNow);
  let overdue: NodeJS.Timeout | undefined;
  let finished = false;
  let failure: RunFailure | undefined;
  try {
    // A worker that dies before it has its job says so by its exit, not here.
    void child.sendMessage({ ...job, engine: { ...order } }).catch(() => {});
    for await (const message of child.getEachMessage()) {
      const event = message as unknown as WorkerEvent;
      if (event.type === 'run-failed') failure = event;
      else emit(event);
      if (event.type === 'run-finished') finished = true;
      if (event.type === 'run-finished' || event.type === 'run-failed') overdue = setTimeout(endNow, grace);
    }
    const { exitCode, signal } = await child;
    if (finished) return { state: 'finished' };
    if (stop.aborted || kill.aborted || signal === 'SIGINT') return { state: 'interrupted' };
    return { state: 'failed', failure: failure ?? classifyExit({ exitCode, signal, log: log.tail() }) };
  } finally {
    stop.removeEventListener('abort', end);
    kill.removeEventListener('abort', endNow);
    clearTimeout(overdue);
    // Without effect on one that has ended; an error on this side must not leave it running.
    endNow();
  }
}

/** The run's log.txt, which attempts append to; `tail` is the end of what was written since this call. */
function openLog(directory: string): { file: string; tail: () => string } {
  const file = join(directory, 'log.txt');
  const start = existsSync(file) ? statSync(file).size : 0;
  return { file, tail: () => readFileSync(file).subarray(start).subarray(-logTail).toString('utf8') };
}
