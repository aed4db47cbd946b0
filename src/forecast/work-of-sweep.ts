import type { PhaseStage, Stage, StageKind } from '../contract/stage.ts';
import type { Plan } from '../plan/plan.ts';
import type { PlannedRun } from '../plan/run.ts';
import type { Cell } from '../spec/cell.ts';
import type { Prospect } from './outlook.ts';

/** How many stages of a kind are in the store, and how many are to be done, by why. */
export interface KindCount {
  cached: number;
  readonly open: Partial<Record<Prospect['state'], number>>;
}

/** Equal work that is to be done: a phase of so many seeds, or evaluations. */
export interface WorkGroup {
  readonly stage: Stage;
  count: number;
}

/** What is to be done, counted. A stage that several cells need counts for the first. */
export interface SweepWork {
  readonly kinds: ReadonlyMap<StageKind, KindCount>;
  /** By cell: phases by their training, all else by its kind. */
  readonly groups: ReadonlyMap<Cell, ReadonlyMap<unknown, WorkGroup>>;
  readonly stages: number;
}

/** Counts the stages of some runs; in one pass and without a list, for there may be hundreds of thousands. */
export function countWork(
  { stages }: Plan,
  runs: readonly PlannedRun[],
  prospectOf: (stage: Stage) => Prospect,
): SweepWork {
  const kinds = new Map<StageKind, KindCount>();
  const groups = new Map<Cell, Map<unknown, WorkGroup>>();
  const seen = new Set<string>();
  let open = 0;
  for (const run of runs) {
    for (const key of run.stages) {
      if (seen.has(key)) continue;
      seen.add(key);
      const stage = stages.get(key)!;
      const { state } = prospectOf(stage);
      const kind = entry(kinds, stage.kind, (): KindCount => ({ cached: 0, open: {} }));
      if (state === 'cached') kind.cached++;
      if (state === 'cached' || state === 'left-out') continue;
      open++;
      kind.open[state] = (kind.open[state] ?? 0) + 1;
      const ofCell = entry(groups, run.cell, () => new Map<unknown, WorkGroup>());
      entry(ofCell, groupOf(stage), () => ({ stage, count: 0 })).count++;
    }
  }
  return { kinds, groups, stages: open };
}

/** All seeds of a phase share its training. */
const groupOf = (stage: Stage): PhaseStage['training'] | StageKind =>
  stage.kind === 'phase' ? stage.training : stage.kind;

function entry<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
