import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Job } from '../contract/job.ts';
import type { Stage } from '../contract/stage.ts';
import type { DeviceAsk } from '../devices/ask.ts';
import type { EngineOrder } from '../engine/order.ts';
import { writeJsonAtomic } from '../files/atomic.ts';
import { workFolder } from '../files/work-folder.ts';
import { takeLock } from '../store/lock.ts';
import type { Store } from '../store/store.ts';
import { clearWork, failureFile } from '../store/work.ts';
import type { Emit, RunFailure, SweepEvent } from './events.ts';
import type { Executor, Interruption } from './executors/executor.ts';
import { classifyError } from './failures.ts';
import { isLeftOut } from './missing.ts';
import type { Outcome } from './scheduler.ts';

/** Of a sweep's order, what its attempts need. */
export interface AttemptOrder {
  /** Where jobs are executed. */
  executor: Executor;
  device: DeviceAsk;
}

/**
 * One attempt at some stages, in one process. What counts as done is the object in the store, not what the worker says
 * or how it ends. Stages that another runner is at are busy; what was not begun is not in the answer.
 */
export async function executeStages(
  stages: readonly Stage[],
  order: AttemptOrder,
  engine: EngineOrder,
  store: Store,
  emit: Emit<SweepEvent>,
  interruption: Interruption,
): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  const releases: (() => Promise<void>)[] = [];
  const mine: Stage[] = [];
  try {
    for (const stage of stages) {
      if (await isLeftOut(stage, store)) {
        outcomes.set(stage.key, { state: 'left-out' });
        continue;
      }
      const taking = await takeLock(store.folder, stage.key);
      if (taking.state === 'held') {
        emit({ type: 'stage-waiting', stage: stage.name, owner: taking.owner });
        outcomes.set(stage.key, { state: 'busy' });
        // The others build on it.
        if (mine.length === 0) return outcomes;
        continue;
      }
      releases.push(taking.release);
      if ((await store.read(stage.key)) !== undefined) outcomes.set(stage.key, { state: 'done' });
      else mine.push(stage);
    }
    if (mine.length > 0) await executeJob(mine, order, engine, store, emit, interruption, outcomes);
  } catch (error) {
    const [first] = mine;
    const failure = classifyError(error);
    await fail(first ?? stages[0]!, failure, store, emit, outcomes);
  } finally {
    for (const release of releases) await release();
  }
  return outcomes;
}

async function executeJob(
  stages: readonly Stage[],
  { device, executor }: AttemptOrder,
  engine: EngineOrder,
  store: Store,
  emit: Emit<SweepEvent>,
  interruption: Interruption,
  outcomes: Map<string, Outcome>,
): Promise<void> {
  // What an earlier attempt failed of says nothing of this one.
  for (const { key } of stages) await rm(join(workFolder(store.folder, key), failureFile), { force: true });
  const job: Job = { stages, store: store.folder, engine, mayMixEngines: device !== 'auto' };
  const { failures, interrupted, crash } = await executor(job, emit, interruption);
  let unexplained = crash;
  for (const stage of stages) {
    if ((await store.read(stage.key)) !== undefined) {
      outcomes.set(stage.key, { state: 'done' });
      await clearWork(workFolder(store.folder, stage.key));
      continue;
    }
    const told = failures.get(stage.key);
    if (interrupted && (told === undefined || told.kind === 'signal')) {
      if (told !== undefined) emit({ type: 'stage-interrupted', stage: stage.name });
      outcomes.set(stage.key, { state: 'open' });
    } else if (told !== undefined) {
      await fail(stage, told, store, emit, outcomes);
    } else if (unexplained !== undefined) {
      // What was under way when the worker died; those after it were not begun.
      await fail(stage, unexplained, store, emit, outcomes);
      unexplained = undefined;
    }
  }
}

async function fail(
  { key, name }: Stage,
  failure: RunFailure,
  store: Store,
  emit: Emit<SweepEvent>,
  outcomes: Map<string, Outcome>,
): Promise<void> {
  outcomes.set(key, { state: 'failed', failure });
  emit({ type: 'stage-failed', stage: name, key, ...failure });
  const { kind, message } = failure;
  // For the next `plan`; a disk that is full has been told of already.
  await writeJsonAtomic(join(workFolder(store.folder, key), failureFile), { kind, message }).catch(() => {});
}
