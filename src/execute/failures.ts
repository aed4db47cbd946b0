import { Failure } from '../failure.ts';
import type { RunFailure } from './events.ts';
import { failureOfSystem } from './system.ts';

/** How a worker process ended, with the last lines it wrote. */
export interface Exit {
  exitCode: number | undefined;
  signal: string | undefined;
  log: string;
  /** What the system said where it began no process: then there is neither a code nor a signal. */
  refusal?: string | undefined;
  /** Whether it told anything before. */
  spoke?: boolean;
}

/** The messages by which V8, the C++ library and ONNX Runtime say that memory ran out. */
const outOfMemoryMessage =
  /heap out of memory|std::bad_alloc|failed to allocate memory|array buffer allocation failed|out of memory|fatal process oom/i;

const outOfMemoryHint = 'Run fewer at a time (--jobs), or lower `batch` or `sampler.batch`.';

/** What Node prints when the system denies it a thread at its start: often nothing. */
const deniedThread = /^\s*$|resource temporarily unavailable/i;

/** Signals that a process gets for its own faults; in a worker only native code can commit them. */
const crashSignals = new Set(['SIGABRT', 'SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP', 'SIGSYS']);

/** What an error thrown inside a worker means; `details.stack` of a bug is for its report. */
export function classifyError(error: unknown): RunFailure {
  if (error instanceof Failure) {
    const { kind, message, hint, details } = error;
    return { kind, message, ...(hint === undefined ? {} : { hint }), details };
  }
  const ofSystem = failureOfSystem(error);
  if (ofSystem !== undefined) return classifyError(ofSystem);
  const message = error instanceof Error ? error.message : String(error);
  if (outOfMemoryMessage.test(message)) return { kind: 'out-of-memory', message, hint: outOfMemoryHint };
  const stack = error instanceof Error ? error.stack : undefined;
  return { kind: 'bug', message, details: { stack } };
}

/** What it means that a worker ended without saying whether its run finished or failed. */
export function classifyExit({ exitCode, signal, log, refusal, spoke = true }: Exit): RunFailure {
  const details = { exitCode, signal, log };
  if (exitCode === undefined && signal === undefined)
    return {
      kind: 'environment',
      message: `Expected the system to begin a worker process, got \`${refusal ?? 'no reason'}\``,
      hint: 'Run fewer at a time (--jobs), or raise the limit on processes and memory.',
      details,
    };
  // Node itself: no engine had its turn, which would have left a word.
  if (!spoke && deniedThread.test(log) && signal !== undefined && crashSignals.has(signal))
    return {
      kind: 'environment',
      message: `Expected a worker process to start, got \`${signal}\` before its first word`,
      hint: 'The system denied it threads or memory: raise the limits (`ulimit -u`, `ulimit -v`), or run fewer at a time (--jobs).',
      details,
    };
  if (outOfMemoryMessage.test(log))
    return { kind: 'out-of-memory', message: 'The worker ran out of memory', hint: outOfMemoryHint, details };
  if (signal === 'SIGKILL' || exitCode === 137)
    return {
      kind: 'out-of-memory',
      message: 'The worker was killed (SIGKILL), most likely by the system for want of memory',
      hint: outOfMemoryHint,
      details,
    };
  if (signal !== undefined && crashSignals.has(signal))
    return { kind: 'engine', message: `The worker crashed in native code (${signal})`, details };
  if (signal !== undefined)
    return { kind: 'signal', message: `The worker was ended from outside (${signal})`, details };
  return {
    kind: 'bug',
    message: `Expected the worker to report a result, got exit code \`${exitCode}\` without one`,
    details,
  };
}
