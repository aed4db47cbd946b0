import { availableParallelism } from 'node:os';
import type { EngineOrder } from '../engine/open.ts';
import type { PlannedRun } from '../plan/plan.ts';
import type { RunResult } from '../stages/result.ts';
import type { Emit, RunFailure, SweepEvent } from './events.ts';
import { classifyError } from './failures.ts';
import type { Interruption } from './local.ts';
import { identicalFailuresToStop, type Outcome, schedule } from './scheduler.ts';
import { readResult, runDirectory } from './store.ts';

/** What is to be run, and where. */
export interface SweepOrder {
  name: string;
  /** The sweep's folder, absolute: runs/<name>. */
  folder: string;
  /** Folder of the spec, absolute. */
  specFolder: string;
  plan: readonly PlannedRun[];
  /** Which runs of the plan may be executed; the others count only if their results are there already. */
  selected: (run: PlannedRun) => boolean;
  /** Runs at a time; default: as many as there are cores. */
  jobs?: number | undefined;
  /** Threads of a run; default: its share of the cores. */
  threads?: number | undefined;
}

/** What the store holds after a sweep: the results and failures by the run's name. */
export interface SweepOutcome {
  results: Map<string, RunResult>;
  failures: Map<string, RunFailure>;
}

/** Executes every selected run of the plan that has no result yet, each in its own process. */
export async function runSweep(
  order: SweepOrder,
  emit: Emit<SweepEvent>,
  interruption: Interruption,
): Promise<SweepOutcome> {
  const { name, plan } = order;
  const started = performance.now();
  const results = new Map<string, RunResult>();
  const failures = new Map<string, RunFailure>();

  const pending: PlannedRun[] = [];
  for (const run of plan) {
    const stored = await readResult(runDirectory(order.folder, run.run), run.key);
    if (stored.state === 'complete') results.set(run.run, stored.result);
    else if (order.selected(run)) pending.push(run);
    if (stored.state === 'set-aside') {
      const { file, reason } = stored;
      emit({ type: 'result-set-aside', run: run.run, file, reason });
    }
  }

  // One thread for each run and as many runs as cores is the best use of a machine: threads of one run wait for
  // each other, runs do not.
  const cores = availableParallelism();
  const jobs = Math.max(1, Math.min(pending.length, order.jobs ?? cores));
  const threads = order.threads ?? Math.max(1, Math.floor(cores / jobs));
  emit({ type: 'sweep-started', sweep: name, runs: pending.length, planned: plan.length, jobs, threads });
  for (const run of results.keys()) emit({ type: 'run-skipped', run, reason: 'complete' });

  const execute = async (run: PlannedRun): Promise<Outcome<RunResult>> => {
    const outcome = await attempt(order, run, threads, emit, interruption);
    if (outcome.state === 'finished') results.set(run.run, outcome.result);
    if (outcome.state === 'interrupted') emit({ type: 'run-interrupted', run: run.run });
    if (outcome.state === 'failed') {
      failures.set(run.run, outcome.failure);
      emit({ type: 'run-failed', run: run.run, ...outcome.failure });
    }
    return outcome;
  };
  const hopeless = await schedule(pending, jobs, execute, interruption.stop);
  if (hopeless !== undefined) {
    const { kind, message } = hopeless;
    const reason = `${identicalFailuresToStop} runs in a row failed alike, so would the next: ${kind}: ${message}`;
    emit({ type: 'sweep-stopping', reason });
  }

  const seconds = (performance.now() - started) / 1000;
  const [complete, failed] = [results.size, failures.size];
  emit({ type: 'sweep-finished', sweep: name, complete, failed, planned: plan.length, seconds });
  return { results, failures };
}

/** One attempt at a run. What counts as finished is the result in the store, not what the worker says. */
async function attempt(
  { folder, specFolder }: SweepOrder,
  { run, cell, seed, key }: PlannedRun,
  threads: number,
  emit: Emit<SweepEvent>,
  interruption: Interruption,
): Promise<Outcome<RunResult>> {
  const directory = runDirectory(folder, run);
  const { id, configuration } = cell;
  const engine: EngineOrder = { name: 'onnx:cpu', threads, device: 0 };
  const job = { run, cell: id, seed, key, directory, configuration, engine, specFolder };
  try {
    // Loaded only when something is to be executed: a sweep that is complete answers at once.
    const { executeLocally } = await import('./local.ts');
    const exit = await executeLocally(job, emit, interruption);
    if (exit.state !== 'finished') return exit;
    const stored = await readResult(directory, key);
    if (stored.state === 'complete') return { state: 'finished', result: stored.result };
    const message = `Expected a result in ${directory} after the worker reported one, got \`${stored.state}\``;
    return { state: 'failed', failure: { kind: 'bug', message } };
  } catch (error) {
    return { state: 'failed', failure: classifyError(error) };
  }
}
