import type { RunFailure } from './events.ts';

/** How a run ended; an interrupted one is neither complete nor failed, and is done by the next call. */
export type Outcome<Result> =
  | { state: 'finished'; result: Result }
  | { state: 'failed'; failure: RunFailure }
  | { state: 'interrupted' };

/** After so many failures in a row that say the same, the cause is not in the runs: the next would fail as well. */
export const identicalFailuresToStop = 3;

/**
 * Executes the items in order, at most `jobs` at a time, each in one of as many lanes, and goes on when one fails. Starts no more after `stop` is
 * aborted or after three identical failures in a row (a loss that is not a number is excepted: it tells of one
 * cell's settings, not of the machine); those already started are waited for. Returns the failure that kept items
 * from being started, if one did.
 */
export async function schedule<Item, Result>(
  items: readonly Item[],
  jobs: number,
  execute: (item: Item, lane: number) => Promise<Outcome<Result>>,
  stop: AbortSignal,
): Promise<RunFailure | undefined> {
  let next = 0;
  let inARow: RunFailure[] = [];
  const isHopeless = () => inARow.length >= identicalFailuresToStop;
  const work = async (lane: number) => {
    while (next < items.length && !stop.aborted && !isHopeless()) {
      const outcome = await execute(items[next++]!, lane);
      inARow = outcome.state === 'failed' ? extend(inARow, outcome.failure) : [];
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, items.length) }, (_, lane) => work(lane)));
  return next < items.length && isHopeless() ? inARow[0] : undefined;
}

function extend(inARow: readonly RunFailure[], failure: RunFailure): RunFailure[] {
  if (failure.kind === 'nan') return [];
  const same = inARow[0]?.kind === failure.kind && inARow[0].message === failure.message;
  return same ? [...inARow, failure] : [failure];
}
