import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Job } from '../../contract/job.ts';
import { pin } from '../../devices/pin.ts';
import { makeFolder } from '../../files/atomic.ts';
import { workFolder } from '../../files/work-folder.ts';
import { logFile } from '../../store/work.ts';
import type { Emit, RunFailure, WorkerEvent } from '../events.ts';
import { classifyExit } from '../failures.ts';
import type { Ending, Interruption } from './executor.ts';

/** How long a worker is waited for, in milliseconds. */
export interface Patience {
  /** Until its first word, which it says when its program is loaded, before it opens an engine. */
  readonly begin: number;
  /**
   * Until it ends after it was asked to, or has told its outcome: a step of the largest network takes seconds, and libraries
   * of GPUs may keep a process alive.
   */
  readonly end: number;
}

/** Loading takes a second; on a machine with twenty times more work than cores, or from a slow disk, a minute. */
const usual: Patience = { begin: 120_000, end: 10_000 };

/** So much of a dead worker's output is kept with its failure: a stack trace and what led to it. */
const logTail = 4_000;

const worker = fileURLToPath(new URL('../worker.js', import.meta.url));

/**
 * Executes a job in a process of its own on this machine. What the process prints goes to log.txt in the working folder
 * of its first stage; what it reports goes to `emit`, but for failures, which are returned.
 */
export async function executeLocally(
  job: Job,
  emit: Emit<WorkerEvent>,
  { stop, kill }: Interruption,
  patience = usual,
): Promise<Ending> {
  const failures = new Map<string, RunFailure>();
  if (stop.aborted) return { failures, interrupted: true };
  const directory = workFolder(job.store, job.stages[0]!.key);
  await makeFolder(directory);
  const log = openLog(directory);
  const { order, environment } = pin(job.engine);
  const child = execa(process.execPath, [process.env.NERN_SWEEP_WORKER ?? worker], {
    ipc: true,
    env: environment,
    stdin: 'ignore',
    stdout: { file: log.file, append: true },
    stderr: { file: log.file, append: true },
    buffer: false,
    reject: false,
    // What a terminal tells all of its processes, as Ctrl-C or that it is closed, is for this one to act on.
    detached: process.platform !== 'win32',
    forceKillAfterDelay: patience.end,
  });

  const end = () => child.kill('SIGTERM');
  const endNow = () => child.kill('SIGKILL');
  stop.addEventListener('abort', end);
  kill.addEventListener('abort', endNow);
  let [done, spoke, isMute] = [false, false, false];
  let overdue = setTimeout(() => {
    isMute = true;
    endNow();
  }, patience.begin);
  try {
    // A worker that dies before it has its job says so by its exit, not here.
    void child.sendMessage(JSON.parse(JSON.stringify({ ...job, engine: order }))).catch(() => {});
    for await (const message of child.getEachMessage()) {
      if (!spoke) clearTimeout(overdue);
      spoke = true;
      const event = message as unknown as WorkerEvent | { type: 'job-ended' };
      if (event.type === 'job-ended') {
        done = true;
        overdue = setTimeout(endNow, patience.end);
      } else if (event.type === 'stage-failed') {
        const { type: _, stage: __, key, ...failure } = event;
        failures.set(key, failure);
      } else {
        emit(event);
      }
    }
    const { exitCode, signal, originalMessage: refusal } = await child;
    const interrupted = stop.aborted || kill.aborted || signal === 'SIGINT';
    if (done || interrupted) return { failures, interrupted };
    if (isMute) return { failures, interrupted, crash: mute(patience.begin, log.tail()) };
    return {
      failures,
      interrupted,
      crash: classifyExit({ exitCode, signal, refusal, log: log.tail(), spoke }),
    };
  } finally {
    stop.removeEventListener('abort', end);
    kill.removeEventListener('abort', endNow);
    clearTimeout(overdue);
    // Without effect on one that has ended; an error on this side must not leave it running.
    endNow();
  }
}

function mute(milliseconds: number, log: string): RunFailure {
  return {
    kind: 'environment',
    message: `Expected a worker process to say that it began within ${milliseconds / 1000} s, got nothing`,
    hint: 'The machine is overloaded, or the disk that the program lies on does not answer: run fewer at a time (--jobs).',
    details: { log },
  };
}

/** The job's log.txt, which attempts append to; `tail` is the end of what was written since this call. */
function openLog(directory: string): { file: string; tail: () => string } {
  const file = join(directory, logFile);
  const start = existsSync(file) ? statSync(file).size : 0;
  return { file, tail: () => readFileSync(file).subarray(start).subarray(-logTail).toString('utf8') };
}
