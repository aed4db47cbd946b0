import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type RunResult, valuesOf } from '../contract/result.ts';
import { dependencies, iterationsOfStage, type Stage } from '../contract/stage.ts';
import type { Plan } from '../plan/plan.ts';
import type { PlannedRun } from '../plan/run.ts';
import { openStore, type SetAside, storeFolder } from '../store/store.ts';
import { assemble } from './assemble.ts';
import { type AttemptOrder, executeStages } from './attempt.ts';
import { doubtsOf } from './doubts.ts';
import type { Emit, RunFailure, SweepEvent } from './events.ts';
import type { Interruption } from './executors/executor.ts';
import { missingStages } from './missing.ts';
import { identicalFailuresToStop, type Node, schedule, type Work } from './scheduler.ts';
import { orderOf, type Share, shareOf } from './share.ts';
import { createTally } from './tally.ts';
import { readResults, runDirectory, writeResult } from './trials.ts';
import { requireRoom } from './writable.ts';

/** What is to be run, and where. */
export interface SweepOrder extends AttemptOrder {
  name: string;
  /** The folder of all sweeps, absolute: their results are in folders by their names, stages in its .store. */
  runs: string;
  plan: Plan;
  /** Which runs of the plan may be executed; the others count only if their results are there already. */
  selected: (run: PlannedRun) => boolean;
  /** Stages at a time; default: as many as there are cores, or GPUs. */
  jobs?: number | undefined;
  /** Threads of a stage; default: its share of the cores. */
  threads?: number | undefined;
}

/** What there is after a sweep: the results and failures by the run's name. */
export interface SweepOutcome {
  results: Map<string, RunResult>;
  failures: Map<string, RunFailure>;
}

/** How long a stage that another runner is at is left alone before it is looked at again. */
const waitForOthers = 1_000;

/** A stage as the scheduler sees it. */
interface StageNode extends Node {
  readonly stage: Stage;
}

/**
 * Executes every stage that selected runs need and the store lacks, and puts each run together when all of its stages are
 * done. Throws a Failure of kind 'environment' when what is to compute cannot.
 */
export async function runSweep(
  order: SweepOrder,
  emit: Emit<SweepEvent>,
  interruption: Interruption,
): Promise<SweepOutcome> {
  const { name, plan, runs } = order;
  const started = performance.now();
  const setAside: SetAside = (file, reason) => emit({ type: 'set-aside', file, reason });
  const folder = join(runs, name);
  const results = await readResults(folder, plan, setAside);
  const pending = plan.runs.filter(run => order.selected(run) && !results.has(run.run));
  const store = await openStore(storeFolder(runs), setAside);
  const stages = await missingStages(plan, pending, store);
  if (pending.length > 0) await requireRoom(order, pending, stages);
  const nodes = stages.map((stage): StageNode => ({ key: stage.key, after: dependencies(stage), stage }));

  const share = nodes.length === 0 ? undefined : await chooseShare(order, nodes.length, emit, interruption);
  const iterations = stages.reduce((sum, stage) => sum + iterationsOfStage(stage), 0);
  const size = { runs: pending.length, stages: nodes.length, planned: plan.runs.length, iterations };
  if (nodes.length === 0 || share) emit({ type: 'sweep-started', sweep: name, ...size, ...share });
  for (const run of results.keys()) emit({ type: 'run-skipped', run, reason: 'complete' });

  const tally = createTally(pending, stages, async run => {
    const assembled = await assemble(run, store);
    if (assembled === undefined) return;
    const { result, files } = assembled;
    await writeResult(runDirectory(folder, run.run), result, files);
    results.set(run.run, result);
    const seconds = result.provenance.reduce((sum, { seconds }) => sum + seconds, 0);
    emit({ type: 'run-finished', run: run.run, metrics: valuesOf(result.metrics), seconds });
  });
  const evaluations = evaluationsOf(nodes);
  const doubts = doubtsOf(pending, stages, store, emit);
  const work: Work<StageNode> = {
    followers: ({ stage }) => evaluations(stage),
    async execute(items, lane) {
      const ofItems = items.map(({ stage }) => stage);
      return executeStages(ofItems, order, orderOf(share!, lane), store, emit, interruption);
    },
    ended({ stage }, outcome, cause) {
      if (outcome.state === 'failed') tally.fail(stage, outcome.failure, cause?.stage);
      else tally.settle(stage);
      if (outcome.state === 'done') doubts.ended(stage);
      if (outcome.state === 'left-out')
        emit({ type: 'stage-left-out', stage: stage.name, reason: 'the rounds ended before it' });
    },
    wait: () => pause(waitForOthers, undefined, { signal: interruption.stop }).catch(() => {}),
  };
  const hopeless = await schedule(nodes, share?.jobs ?? 0, work, interruption.stop);
  await Promise.all([tally.finished(), doubts.finished()]);
  if (hopeless !== undefined) {
    const { kind, message } = hopeless;
    const reason = `${identicalFailuresToStop} stages in a row failed alike, so would the next: ${kind}: ${message}`;
    emit({ type: 'sweep-stopping', reason });
  }

  const seconds = (performance.now() - started) / 1000;
  const [complete, failed] = [results.size, tally.failures.size];
  emit({ type: 'sweep-finished', sweep: name, complete, failed, planned: plan.runs.length, seconds });
  return { results, failures: tally.failures };
}

/** What is measured of the same predictor: the process that trained it has all that measuring takes at hand. */
function evaluationsOf(nodes: readonly StageNode[]): (stage: Stage) => StageNode[] {
  const known = new Map<string | undefined, StageNode[]>();
  for (const node of nodes) {
    if (node.stage.kind !== 'evaluation') continue;
    const { predictor } = node.stage.inputs;
    known.set(predictor, [...(known.get(predictor) ?? []), node]);
  }
  return stage => {
    if (stage.kind === 'phase') return known.get(stage.key) ?? [];
    return stage.kind === 'evaluation' ? (known.get(stage.inputs.predictor) ?? []) : [];
  };
}

/**
 * What the stages compute on; undefined when that is interrupted. Loaded only when something is to be executed, as the
 * worker is: a sweep that is complete answers at once.
 */
async function chooseShare(
  order: SweepOrder,
  stages: number,
  emit: Emit<SweepEvent>,
  { stop }: Interruption,
): Promise<Share | undefined> {
  const { chooseDevices, thisMachine } = await import('../devices/choose.ts');
  try {
    return shareOf(await chooseDevices(order.device, emit, thisMachine(stop)), stages, order);
  } catch (error) {
    if (stop.aborted) return undefined;
    throw error;
  }
}
