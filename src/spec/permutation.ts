import type { Configuration } from './configuration.ts';

/** A spec's `permutation`, written out. */
export interface PermutationSettings {
  readonly mode: 'none' | 'in-filter' | 'cross-filter';
  /** The most passes of 2-opt over each greedy path. */
  readonly twoOpt: number;
  /** Where the paths are given instead. */
  readonly file: string | undefined;
}

/** What `permutation` says, in its short form or with its settings. */
export function permutationOf({ permutation }: Pick<Configuration, 'permutation'>): PermutationSettings {
  if (typeof permutation === 'string') return { mode: permutation, twoOpt: 0, file: undefined };
  const { method, twoOpt, file } = permutation;
  return { mode: method, twoOpt, file };
}
