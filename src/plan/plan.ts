import { hash } from 'node:crypto';
import type { Cell } from '../spec/cell.ts';
import type { Sweep } from '../spec/sweep.ts';
import type { Stage } from '../stages/stage.ts';
import type { InputHashes } from './key.ts';
import { shareGuidance } from './share-guidance.ts';
import { type SeedPlan, stagesOfCell } from './stages-of-cell.ts';

/** One run of the plan: a cell with a seed, and its stages. */
export interface PlannedRun extends SeedPlan {
  /** `<cell id>/seed-<seed>`: its name, and its folder under trials/. */
  readonly run: string;
  readonly cell: Cell;
  /** The contents of the files that it reads, by their roles. */
  readonly inputs: InputHashes;
}

/** What a sweep consists of. */
export interface Plan {
  readonly runs: readonly PlannedRun[];
  /** Every stage that a run needs, by its key; each is there once, however many runs need it. */
  readonly stages: ReadonlyMap<string, Stage>;
}

/**
 * Every run and every stage that the spec implies. Runs stand in the order in which they are begun: all cells with the
 * first seed, then all cells with the second, and so on. A sweep that is looked at early then shows the whole grid with
 * few seeds, which tells more than a corner of it with all seeds, and a cell that cannot work shows in the first pass.
 */
export function planSweep(sweep: Sweep, inputs: ReadonlyMap<string, InputHashes>): Plan {
  const stages = new Map<string, Stage>();
  const ofCells = sweep.cells.map(cell => ({
    cell,
    hashes: inputs.get(cell.id) ?? {},
    seeds: stagesOfCell(cell, sweep.seeds, inputs.get(cell.id) ?? {}, stages),
  }));
  const shared = shareGuidance(stages);
  const runs = sweep.seeds.flatMap((seed, i) =>
    ofCells.map(({ cell, hashes, seeds }): PlannedRun => {
      const plan = withGuidance(seeds[i]!, shared.guidance);
      return { ...plan, run: `${cell.id}/seed-${seed}`, cell, inputs: hashes };
    }),
  );
  return { runs, stages: shared.stages };
}

/** A seed's plan with the logits that its phases are given, each before the first phase that needs it. */
function withGuidance(plan: SeedPlan, guidance: ReadonlyMap<string, string>): SeedPlan {
  if (guidance.size === 0) return plan;
  const stages = plan.stages.flatMap(key => [...(guidance.has(key) ? [guidance.get(key)!] : []), key]);
  return { ...plan, stages: [...new Set(stages)] };
}

/** The keys of the stages whose results a run reports. */
export const reportedBy = ({ rounds, original, trained }: SeedPlan): string[] => [
  ...(trained === undefined ? [] : [trained]),
  ...rounds.flatMap(({ phases, evaluations, selection }) => [
    ...phases.map(({ key }) => key),
    ...Object.values(evaluations),
    ...(selection === undefined ? [] : [selection]),
  ]),
  ...Object.values(original),
];

/** The key under which a run's result is known again: that of all that it reports. */
export const runKey = (run: SeedPlan): string => hash('sha256', reportedBy(run).join(' '));
