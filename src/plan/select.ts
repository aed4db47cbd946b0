import { matcherOf } from '../spec/glob.ts';
import type { PlannedRun } from './run.ts';

/** Whether a run is meant by the pattern, by its whole name (`matcherOf`); every run when there is no pattern. */
export function selectorOf(pattern: string | undefined): (run: PlannedRun) => boolean {
  if (pattern === undefined) return () => true;
  const matches = matcherOf(pattern);
  return ({ run }) => matches(run);
}
