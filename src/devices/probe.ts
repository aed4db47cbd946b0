import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { EngineOrder } from '../engine/order.ts';
import { Failure } from '../failure.ts';
import type { Finding } from './finding.ts';
import type { Progress, Thoroughness } from './inspect.ts';
import { pin } from './pin.ts';

/**
 * How long a probe may take, in seconds: drivers compile their programs at the first step, and plain JavaScript is slow,
 * but one that hangs must not hold up a sweep for ever.
 */
const probeLimit = 60;

/** So much of what a crashed probe wrote is told: what went wrong comes first, then stack traces. */
const firstWords = 300;

const worker = fileURLToPath(new URL('./probe-worker.js', import.meta.url));

/** What a probe may take. */
interface ProbeLimits {
  /** Seconds. */
  limit?: number;
  /** Ends it before it has found anything out. */
  stop?: AbortSignal | undefined;
}

/**
 * Opens, tests and times an engine in a process of its own, which is all that dies when a driver crashes or hangs. What
 * was found out until then is kept. Throws a Failure of kind 'signal' when it is stopped.
 */
export async function probe(
  order: EngineOrder,
  thoroughness: Thoroughness,
  { limit = probeLimit, stop }: ProbeLimits = {},
): Promise<Finding> {
  const { order: pinned, environment } = pin(order);
  const child = execa(process.execPath, [process.env.NERN_SWEEP_PROBE ?? worker], {
    ipc: true,
    env: environment,
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
    maxBuffer: { stderr: 1_000_000 },
    reject: false,
    // A terminal that is closed tells all of its processes: what this one finds out would look like a crash.
    detached: process.platform !== 'win32',
  });
  let ended = false;
  let late = false;
  const end = () => child.kill('SIGKILL');
  const timer = setTimeout(() => {
    late = true;
    end();
  }, limit * 1000);
  stop?.addEventListener('abort', end);
  if (stop?.aborted) end();
  let found: Progress = {};
  try {
    void child.sendMessage({ order: { ...pinned }, thoroughness }).catch(() => {});
    for await (const message of child.getEachMessage()) {
      const { done, ...progress } = message as unknown as Progress & { done?: boolean };
      found = { ...found, ...progress };
      if (!done) continue;
      ended = true;
      // What happens to it at its end is of no interest: libraries crash and hang there.
      end();
    }
    const { exitCode, signal, stderr, originalMessage } = await child;
    if (stop?.aborted && !ended) throw new Failure('signal', `Stopped before \`${order.name}\` was known`);
    const about = { engine: order.name, index: order.device };
    if (ended) return { ...about, verdict: 'broken', ...found };
    const reason = late ? hung(found, limit) : crashed(exitCode, signal ?? originalMessage, stderr);
    // What passed and was then too slow to be timed is usable.
    const verdict = late && found.verdict === 'passed' ? 'passed' : 'broken';
    return { ...about, ...found, verdict, reason };
  } finally {
    clearTimeout(timer);
    stop?.removeEventListener('abort', end);
    end();
  }
}

function hung({ device, selfTestError }: Progress, limit: number): string {
  if (selfTestError !== undefined) return `Expected a step or two within ${limit} s, got fewer`;
  const doing = device === undefined ? 'opening it' : 'its self-test';
  return `Expected an answer within ${limit} s, got none from ${doing}`;
}

/** `otherwise`: the signal that ended it, or why the system began none, where there is no code. */
function crashed(exitCode: number | undefined, otherwise: string | undefined, stderr: unknown): string {
  const words = String(stderr ?? '')
    .trim()
    .slice(0, firstWords);
  const end = exitCode === undefined ? otherwise : `exit code ${exitCode}`;
  return `Expected the probe to end in good order, got \`${end}\`${words === '' ? '' : `: ${words}`}`;
}
