import type { Stage } from '../contract/stage.ts';
import { type PlannedRun, reportedBy } from '../plan/run.ts';
import type { RunFailure } from './events.ts';

/** Keeps count of what each run still waits for. */
export interface Tally {
  /** By the run's name. */
  readonly failures: Map<string, RunFailure>;
  /** The stage is done, or not needed. */
  settle(stage: Stage): void;
  /** The stage failed, or `cause`, on which it builds, did. */
  fail(stage: Stage, failure: RunFailure, cause: Stage | undefined): void;
  /** When all that was begun by `finish` has ended. Throws what it threw. */
  finished(): Promise<void>;
}

/** `finish` is called for each run when nothing of what it reports is missing any more. */
export function createTally(
  runs: readonly PlannedRun[],
  missing: readonly Stage[],
  finish: (run: PlannedRun) => Promise<void>,
): Tally {
  const isMissing = new Set(missing.map(({ key }) => key));
  const waiting = new Map<string, PlannedRun[]>();
  const left = new Map<PlannedRun, number>();
  const finishing: Promise<void>[] = [];
  const failures = new Map<string, RunFailure>();
  const begin = (run: PlannedRun) => {
    const finished = finish(run);
    // Told by `finished`; until somebody asks, it must not end the program.
    finished.catch(() => {});
    finishing.push(finished);
  };
  for (const run of runs) {
    const keys = new Set(reportedBy(run).filter(key => isMissing.has(key)));
    left.set(run, keys.size);
    if (keys.size === 0) begin(run);
    for (const key of keys) {
      const others = waiting.get(key);
      if (others === undefined) waiting.set(key, [run]);
      else others.push(run);
    }
  }
  return {
    failures,
    settle({ key }) {
      for (const run of waiting.get(key) ?? []) {
        left.set(run, left.get(run)! - 1);
        if (left.get(run) === 0) begin(run);
      }
    },
    fail({ key }, failure, cause) {
      for (const run of waiting.get(key) ?? []) {
        const isOwn = cause === undefined || reportedBy(run).includes(cause.key);
        const told = isOwn
          ? failure
          : { ...failure, message: `It needs \`${cause.name}\`, which failed: ${failure.message}` };
        if (!failures.has(run.run)) failures.set(run.run, told);
      }
    },
    finished: async () => void (await Promise.all(finishing)),
  };
}
