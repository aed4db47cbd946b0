import type { StageProgress } from '../contract/job.ts';

/** A filter for the progress of many phases: true when one enters a further tenth of its iterations. */
export function everyTenth(): (progress: StageProgress) => boolean {
  const reached = new Map<string, number>();
  return ({ stage, iteration, iterations }) => {
    const tenth = Math.floor((10 * iteration) / iterations);
    const isNew = tenth > (reached.get(stage) ?? 0);
    if (isNew) reached.set(stage, tenth);
    return isNew;
  };
}
