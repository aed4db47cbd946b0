import type { EvaluationRecord } from '../contract/result.ts';
import type { Stage } from '../contract/stage.ts';
import type { PlannedRun } from '../plan/run.ts';
import type { Store } from '../store/store.ts';
import type { Emit, SweepEvent } from './events.ts';

/**
 * Tells once of each target that is hardly better than guessing: of those that are measured, when they are, before what is
 * trained on them; of those that were measured before, at once.
 */
export function doubtsOf(
  runs: readonly PlannedRun[],
  open: readonly Stage[],
  store: Store,
  emit: Emit<SweepEvent>,
): { ended(stage: Stage): void; finished(): Promise<unknown> } {
  const accuracies = new Map(
    runs.flatMap(({ original, cell }) =>
      original.accuracy === undefined ? [] : [[original.accuracy, `${cell.id} original accuracy`] as const],
    ),
  );
  const told: Promise<void>[] = [];
  const tell = async (key: string) => {
    const record = (await store.read(key))?.record as EvaluationRecord | undefined;
    if (record?.chance === undefined) return;
    const { chance, value: accuracy } = record;
    emit({ type: 'target-near-chance', stage: accuracies.get(key)!, accuracy: accuracy!, chance });
  };
  const pending = new Set(open.map(({ key }) => key));
  for (const key of accuracies.keys()) if (!pending.has(key)) told.push(tell(key));
  return {
    ended({ key }) {
      if (accuracies.has(key)) told.push(tell(key));
    },
    finished: () => Promise.all(told),
  };
}
