import type { Cell } from '../spec/cell.ts';
import type { Sweep } from '../spec/sweep.ts';
import { type InputHashes, keyOf } from './key.ts';

/** One run of the plan: a cell with a seed, and the key under which its result is known again. */
export interface PlannedRun {
  /** `<cell id>/seed-<seed>`: its name, and its folder under trials/. */
  run: string;
  cell: Cell;
  seed: number;
  key: string;
}

/**
 * Every run that the spec implies, in the order in which they are started: all cells with the first seed, then all
 * cells with the second, and so on. A sweep that is looked at early then shows the whole grid with few seeds, which
 * tells more than a corner of it with all seeds, and a cell that cannot work shows in the first pass.
 */
export function planSweep(sweep: Sweep, inputs: ReadonlyMap<string, InputHashes>): PlannedRun[] {
  return sweep.seeds.flatMap(seed =>
    sweep.cells.map(cell => ({
      run: `${cell.id}/seed-${seed}`,
      cell,
      seed,
      key: keyOf(cell, seed, inputs.get(cell.id) ?? {}),
    })),
  );
}
