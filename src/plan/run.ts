import { hash } from 'node:crypto';
import type { Evaluation, Measure } from '../catalogue/measures.ts';
import type { CellInputs } from '../contract/inputs.ts';
import type { Cell } from '../spec/cell.ts';

/** One round of a run: its phases, and what is measured of the last one; keys of stages. */
export interface Round {
  readonly phases: readonly { readonly name: string; readonly key: string }[];
  readonly evaluations: Readonly<Partial<Record<Evaluation, string>>>;
  /** The stage that made the network it represents; absent: the weights of the configuration. */
  readonly target: string | undefined;
  /** The order of its kernels; absent: as they are. */
  readonly permutation: string | undefined;
  /** What tells whether the round gained; absent where there is one round. */
  readonly selection: string | undefined;
}

/** One run of the plan: a cell with a seed, and its stages. */
export interface PlannedRun {
  /** `<cell id>/seed-<seed>`: its name, and its folder under trials/. */
  readonly run: string;
  readonly cell: Cell;
  readonly seed: number;
  /** What it reads; the same object for all runs of a cell. */
  readonly inputs: CellInputs;
  readonly rounds: readonly Round[];
  /** The stage that trained the target; absent: its weights are given. */
  readonly trained: string | undefined;
  /** What is measured of the target itself. */
  readonly original: Readonly<Partial<Record<Measure, string>>>;
  /** The images that are looked at on the way, by their content. */
  readonly trackedOn: string;
  /** The keys of all its stages, each after those it builds on. */
  readonly stages: readonly string[];
}

export const runName = ({ id }: Cell, seed: number): string => `${id}/seed-${seed}`;

/** The keys of the stages whose results a run reports. */
export const reportedBy = ({ rounds, original, trained }: PlannedRun): string[] => [
  ...(trained === undefined ? [] : [trained]),
  ...rounds.flatMap(({ phases, evaluations, selection }) => [
    ...phases.map(({ key }) => key),
    ...Object.values(evaluations),
    ...(selection === undefined ? [] : [selection]),
  ]),
  ...Object.values(original),
];

/** The key under which a run's result is known again: that of all that it reports. */
export const runKey = (run: PlannedRun): string => hash('sha256', reportedBy(run).join(' '));
