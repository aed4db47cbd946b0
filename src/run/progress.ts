import type { RunProgress } from '../stages/job.ts';

/** A filter for the progress of many runs: true when a run enters a further tenth of its iterations. */
export function everyTenth(): (progress: RunProgress) => boolean {
  const reached = new Map<string, number>();
  return ({ run, iteration, iterations }) => {
    const tenth = Math.floor((10 * iteration) / iterations);
    const isNew = tenth > (reached.get(run) ?? 0);
    if (isNew) reached.set(run, tenth);
    return isNew;
  };
}
