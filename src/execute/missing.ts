import type { SelectionRecord } from '../contract/result.ts';
import { dependencies, type Stage } from '../contract/stage.ts';
import type { Plan } from '../plan/plan.ts';
import { type PlannedRun, reportedBy } from '../plan/run.ts';
import type { Store } from '../store/store.ts';

/**
 * The stages that the runs report and the store lacks, and what these build on as far as the store lacks it, in the order
 * of the plan; but how right a target itself is comes before all that is trained on it, for that tells whether it is worth it.
 */
export async function missingStages(
  { stages }: Plan,
  runs: readonly PlannedRun[],
  store: Store,
): Promise<Stage[]> {
  const leftOut = new Map<string, boolean>();
  const missing: Stage[] = [];
  /** Notes the stage if it is missing; tells whether it is left out, as is what builds on something left out. */
  const visit = async (key: string): Promise<boolean> => {
    const known = leftOut.get(key);
    if (known !== undefined) return known;
    const stage = stages.get(key)!;
    const isThere = store.lists(key) && (await store.read(key)) !== undefined;
    let isOut = !isThere && (await isLeftOut(stage, store));
    if (!isThere && !isOut) {
      for (const other of dependencies(stage)) isOut = (await visit(other)) || isOut;
      if (!isOut) missing.push(stage);
    }
    leftOut.set(key, isOut);
    return isOut;
  };
  for (const run of runs) {
    const { accuracy } = run.original;
    for (const key of [...(accuracy === undefined ? [] : [accuracy]), ...reportedBy(run)]) await visit(key);
  }
  return missing;
}

/** Whether the selection before has ended the rounds; false while it is not known. */
export async function isLeftOut({ unless }: Stage, store: Store): Promise<boolean> {
  if (unless === undefined || !store.lists(unless)) return false;
  const selection = await store.read(unless);
  return selection !== undefined && !(selection.record as SelectionRecord).gain;
}
