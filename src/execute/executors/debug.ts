import { openEngine } from '../../engine/open.ts';
import type { Engine } from '../../graph/program.ts';
import { executeStage } from '../../stages/execute.ts';
import { openWorkshop } from '../../stages/workshop.ts';
import type { RunFailure } from '../events.ts';
import { workOn } from '../serve.ts';
import type { Executor } from './executor.ts';

/**
 * Executes a job in this process, for a debugger to stop in and for tests to look into. It blocks while a step is computed,
 * and what ends the process ends the sweep.
 */
export const debugExecutor: Executor = async (job, emit, { stop, kill }) => {
  const failures = new Map<string, RunFailure>();
  let engine: Engine | undefined;
  const workshop = openWorkshop(job, async () => {
    engine = await openEngine(job.engine);
    return engine;
  });
  try {
    await workOn(
      job,
      (stage, tell, signal) => executeStage(stage, workshop, tell, signal),
      event => {
        if (event.type !== 'stage-failed') return emit(event);
        const { type: _, stage: __, key, ...failure } = event;
        failures.set(key, failure);
      },
      AbortSignal.any([stop, kill]),
    );
    return { failures, interrupted: stop.aborted || kill.aborted };
  } finally {
    await engine?.dispose();
  }
};
