import type { Measures, PermutationRecord, RunResult, StageProvenance } from '../contract/result.ts';
import { confidence, type Statistics, summarise } from './statistics.ts';

/** One metric of one cell: its statistics and the values behind them, by seed. */
export interface MetricSummary extends Statistics {
  unit: string;
  /** What a reader must know to compare it with others, where the measure has a choice. */
  settings?: Readonly<Record<string, string>>;
  values: Record<string, number>;
}

export interface FailedRun {
  seed: number;
  kind: string;
  message: string;
}

export interface CellResults {
  id: string;
  /** The cell's place in the grid: path into the spec -> value there. */
  values: Record<string, unknown>;
  /** Learnable parameters of the predictor over those it stands for; null before a run is complete. */
  compressionRatio: number | null;
  /** What the order of the kernels takes and gains; absent without one. */
  permutation?: PermutationRecord;
  target: Measures;
  /** In %, what guessing is right in, where the target itself is hardly better. */
  targetChance?: number;
  /** How the images were normalised. */
  normalize?: RunResult['configuration']['data']['normalize'];
  /** The seeds of the trainings that the cell's targets come from; absent where their weights were given. */
  targetSeeds?: number[];
  planned: number;
  completed: number;
  failed: FailedRun[];
  metrics: Record<string, MetricSummary>;
}

/** results.json; its contract is schema/results.schema.json. */
export interface Results {
  schemaVersion: 1;
  sweep: string;
  confidence: number;
  cells: CellResults[];
  /** Of the target; empty when the cells have several targets or none was measured. */
  target: Measures;
  /** The only part in which two sweeps with the same runs may differ. */
  provenance: {
    version: string;
    finishedAt: string;
    runs: Record<string, StageProvenance>;
  };
}

/** A metric of a cell, if some run has it. */
export const metricOf = ({ metrics }: CellResults, metric: string): MetricSummary | undefined =>
  Object.hasOwn(metrics, metric) ? metrics[metric] : undefined;

/** One cell of the plan with what became of its runs. */
export interface CellOutcome {
  id: string;
  values: Record<string, unknown>;
  planned: number;
  results: readonly RunResult[];
  failed: readonly FailedRun[];
}

/** The results of a sweep from what became of each cell's runs; cells stay in their order, seeds are sorted. */
export function collectResults(
  sweep: string,
  outcomes: readonly CellOutcome[],
  made: { version: string; finishedAt: string },
): Results {
  const cells = outcomes.map(collectCell);
  const runs = outcomes
    .flatMap(({ results }) => bySeed(results))
    // The measures of a target whose weights are given tell nothing of how they came about.
    .filter(({ provenance }) => provenance.length > 0)
    .map(result => [nameOf(result), together(result.provenance)]);
  return {
    schemaVersion: 1,
    sweep,
    confidence,
    cells,
    target: commonTarget(cells),
    provenance: { ...made, runs: Object.fromEntries(runs) },
  };
}

/** A run's phases as one: how the last one came about, with the engines and the time of all. */
function together(phases: readonly StageProvenance[]): StageProvenance {
  const engines = phases.flatMap(phase => phase.engines).filter((name, i, all) => name !== all[i - 1]);
  const seconds = phases.reduce((sum, phase) => sum + phase.seconds, 0);
  return { ...phases.at(-1)!, engines, seconds, startedAt: phases[0]!.startedAt };
}

function collectCell({ id, values, planned, results, failed }: CellOutcome): CellResults {
  const complete = bySeed(results);
  const names = new Set(complete.flatMap(result => Object.keys(result.metrics)));
  return {
    id,
    values,
    compressionRatio: complete[0]?.compressionRatio ?? null,
    ...(complete[0]?.permutation && { permutation: complete[0].permutation }),
    target: targetOf(complete),
    ...shown(complete[0]),
    ...trainedBy(complete),
    planned,
    completed: complete.length,
    failed: bySeed(failed),
    metrics: Object.fromEntries([...names].flatMap(name => collectMetric(name, complete))),
  };
}

/** What decides how right the target itself is, and whether it is. */
function shown(result: RunResult | undefined): Pick<CellResults, 'targetChance' | 'normalize'> {
  const normalize = result?.configuration.data?.normalize;
  return {
    ...(result?.chance === undefined ? {} : { targetChance: result.chance }),
    ...(normalize === undefined ? {} : { normalize }),
  };
}

/** Nothing where no run has it as a number: one that overflowed is missing, and counted as such by `n`. */
function collectMetric(name: string, results: readonly RunResult[]): [string, MetricSummary][] {
  const measured = results.filter(result => Number.isFinite(result.metrics[name]?.value));
  if (measured.length === 0) return [];
  const values = measured.map(result => result.metrics[name]!.value);
  const { unit, settings } = measured[0]!.metrics[name]!;
  const bySeed = Object.fromEntries(measured.map(({ seed }, i) => [seed, values[i]!]));
  return [[name, { unit, ...(settings && { settings }), ...summarise(values), values: bySeed }]];
}

/** What is known of the cell's target; the mean, where each seed has its own. */
function targetOf(results: readonly RunResult[]): Measures {
  const names = Object.keys(results[0]?.target ?? {});
  const valuesOf = (name: string) =>
    results.flatMap(({ target }) => target[name] ?? []).filter(value => Number.isFinite(value));
  const known = names.map(name => [name, valuesOf(name)] as const).filter(([, values]) => values.length > 0);
  return Object.fromEntries(known.map(([name, values]) => [name, summarise(values).mean]));
}

function trainedBy(results: readonly RunResult[]): Pick<CellResults, 'targetSeeds'> {
  const seeds = [...new Set(results.flatMap(({ original }) => original?.seed ?? []))];
  return seeds.length === 0 ? {} : { targetSeeds: seeds.sort((a, b) => a - b) };
}

/** What is known of the target and the same in all cells. */
function commonTarget(cells: readonly CellResults[]): Measures {
  const [first, ...rest] = cells.filter(cell => cell.completed > 0).map(cell => cell.target);
  const isCommon = ([name, value]: [string, unknown]) => rest.every(target => target[name] === value);
  return Object.fromEntries(Object.entries(first ?? {}).filter(isCommon));
}

function bySeed<T extends { seed: number }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => a.seed - b.seed);
}

function nameOf({ cell, seed }: RunResult): string {
  return `${cell}/seed-${seed}`;
}
