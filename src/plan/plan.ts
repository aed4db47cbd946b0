import type { CellInputs } from '../contract/inputs.ts';
import type { Stage } from '../contract/stage.ts';
import type { Sweep } from '../spec/sweep.ts';
import type { PlannedRun } from './run.ts';
import { shareGuidance } from './share-guidance.ts';
import { stagesOfCell } from './stages-of-cell.ts';

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
 * `inputs` has those of each cell, by its id.
 */
export function planSweep(sweep: Sweep, inputs: ReadonlyMap<string, CellInputs>): Plan {
  const stages = new Map<string, Stage>();
  const ofCells = sweep.cells.map(cell => stagesOfCell(cell, sweep.seeds, inputs.get(cell.id)!, stages));
  const shared = shareGuidance(stages);
  const runs = sweep.seeds.flatMap((_, i) => ofCells.map(runs => withGuidance(runs[i]!, shared.guidance)));
  return { runs, stages: shared.stages };
}

/** A run with the logits that its phases are given, each before the first phase that needs it. */
function withGuidance(run: PlannedRun, guidance: ReadonlyMap<string, string>): PlannedRun {
  if (guidance.size === 0) return run;
  const stages = run.stages.flatMap(key => [...(guidance.has(key) ? [guidance.get(key)!] : []), key]);
  return { ...run, stages: [...new Set(stages)] };
}
