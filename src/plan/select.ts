import type { PlannedRun } from './plan.ts';

/**
 * Whether a run is meant by the pattern: a glob over its whole name when there is a `*` or `?` in it, else a part of
 * the name; every run when there is no pattern.
 */
export function selectorOf(pattern: string | undefined): (run: PlannedRun) => boolean {
  if (pattern === undefined) return () => true;
  if (!/[*?]/.test(pattern)) return ({ run }) => run.includes(pattern);
  const literal = pattern.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
  const glob = new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`);
  return ({ run }) => glob.test(run);
}
