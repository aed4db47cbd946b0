import type { DeviceAsk } from '../devices/ask.ts';
import type { EngineOrder } from '../engine/order.ts';
import type { PlannedRun } from '../plan/plan.ts';
import { type RunResult, valuesOf } from '../stages/result.ts';
import type { Emit, RunFailure, RunFinished, SweepEvent } from './events.ts';
import { classifyError } from './failures.ts';
import type { Interruption } from './local.ts';
import { identicalFailuresToStop, type Outcome, schedule } from './scheduler.ts';
import { orderOf, type Share, shareOf } from './share.ts';
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
  /** What is to compute. */
  device: DeviceAsk;
  /** Runs at a time; default: as many as there are cores, or GPUs. */
  jobs?: number | undefined;
  /** Threads of a run; default: its share of the cores. */
  threads?: number | undefined;
}

/** What the store holds after a sweep: the results and failures by the run's name. */
export interface SweepOutcome {
  results: Map<string, RunResult>;
  failures: Map<string, RunFailure>;
}

/**
 * Executes every selected run of the plan that has no result yet, each in its own process. Throws a Failure of kind
 * 'environment' when what is to compute cannot.
 */
export async function runSweep(
  order: SweepOrder,
  emit: Emit<SweepEvent>,
  interruption: Interruption,
): Promise<SweepOutcome> {
  const { name, plan } = order;
  const started = performance.now();
  const { results, pending } = await readStore(order, emit);
  const failures = new Map<string, RunFailure>();

  const runs = pending.length;
  const share = runs === 0 ? undefined : await chooseShare(order, runs, emit, interruption);
  if (runs === 0 || share) emit({ type: 'sweep-started', sweep: name, runs, planned: plan.length, ...share });
  for (const run of results.keys()) emit({ type: 'run-skipped', run, reason: 'complete' });

  const execute = async (run: PlannedRun, lane: number): Promise<Outcome<RunResult>> => {
    const outcome = await attempt(order, run, orderOf(share!, lane), emit, interruption);
    if (outcome.state === 'finished') results.set(run.run, outcome.result);
    if (outcome.state === 'interrupted') emit({ type: 'run-interrupted', run: run.run });
    if (outcome.state === 'failed') {
      failures.set(run.run, outcome.failure);
      emit({ type: 'run-failed', run: run.run, ...outcome.failure });
    }
    return outcome;
  };
  const hopeless = await schedule(pending, share?.jobs ?? 0, execute, interruption.stop);
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

/**
 * What the runs compute on; undefined when that is interrupted. Loaded only when something is to be executed, as the
 * worker is: a sweep that is complete answers at once.
 */
async function chooseShare(
  order: SweepOrder,
  runs: number,
  emit: Emit<SweepEvent>,
  { stop }: Interruption,
): Promise<Share | undefined> {
  const { chooseDevices, thisMachine } = await import('../devices/choose.ts');
  try {
    return shareOf(await chooseDevices(order.device, emit, thisMachine(stop)), runs, order);
  } catch (error) {
    if (stop.aborted) return undefined;
    throw error;
  }
}

/** What the store holds of the plan, and the selected runs that it lacks. */
async function readStore({ folder, plan, selected }: SweepOrder, emit: Emit<SweepEvent>) {
  const results = new Map<string, RunResult>();
  const pending: PlannedRun[] = [];
  for (const run of plan) {
    const stored = await readResult(runDirectory(folder, run.run), run.key);
    if (stored.state === 'complete') results.set(run.run, stored.result);
    else if (selected(run)) pending.push(run);
    if (stored.state === 'set-aside') {
      const { file, reason } = stored;
      emit({ type: 'result-set-aside', run: run.run, file, reason });
    }
  }
  return { results, pending };
}

/** One attempt at a run. What counts as finished is the result in the store, not what the worker says or how it ends. */
async function attempt(
  { folder, specFolder, device }: SweepOrder,
  { run, cell, seed, key }: PlannedRun,
  engine: EngineOrder,
  emit: Emit<SweepEvent>,
  interruption: Interruption,
): Promise<Outcome<RunResult>> {
  const directory = runDirectory(folder, run);
  const { id, configuration } = cell;
  const mayMixEngines = device !== 'auto';
  const job = { run, cell: id, seed, key, directory, configuration, engine, mayMixEngines, specFolder };
  try {
    const { executeLocally } = await import('./local.ts');
    const began = performance.now();
    const exit = await executeLocally(job, emit, interruption);
    const stored = await readResult(directory, key);
    if (stored.state === 'complete') {
      if (exit.state !== 'finished') emit(finishedUnsaid(stored.result, run, performance.now() - began));
      return { state: 'finished', result: stored.result };
    }
    if (exit.state !== 'finished') return exit;
    const message = `Expected a result in ${directory} after the worker reported one, got \`${stored.state}\``;
    return { state: 'failed', failure: { kind: 'bug', message } };
  } catch (error) {
    return { state: 'failed', failure: classifyError(error) };
  }
}

/** The end of a run whose worker wrote its result and was gone before it could say so. */
function finishedUnsaid({ metrics }: RunResult, run: string, milliseconds: number): RunFinished {
  return { type: 'run-finished', run, metrics: valuesOf(metrics), seconds: milliseconds / 1000 };
}
