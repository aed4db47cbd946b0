import type { Device } from '../graph/program.ts';

/** A measured number. */
export interface Metric {
  unit: string;
  value: number;
  /** What a reader must know to compare it with others: the size of an attack, say. */
  settings?: Readonly<Record<string, string>>;
}

/** Numbers by measure. */
export type Measures = Readonly<Partial<Record<string, number>>>;

/** What a finished run leaves behind in its result.json; with the same key only `provenance` may differ. */
export interface RunResult {
  schemaVersion: 1;
  /** Hash of everything that determines the result (src/plan/key.ts). */
  key: string;
  cell: string;
  seed: number;
  /** By measure, after the last iteration; besides `best-accuracy`, over all evaluations (%). */
  metrics: Record<string, Metric>;
  predictorParameters: number;
  learnableParameters: number;
  compressionRatio: number;
  /** The same measures of the original network, but for those that compare with it. */
  target: Measures;
  history: {
    iteration: number;
    loss: number;
    reconstruction: number;
    kd: number;
    fmd: number;
    learningRate: number;
  }[];
  evaluations: { iteration: number; metrics: Record<string, number> }[];
  /** Steps on noise that changed nothing, because their loss was no number; absent where there were none. */
  skippedSteps?: number;
  provenance: RunProvenance;
}

/** How a result came about: recorded, but no part of what the run determines. */
export interface RunProvenance {
  engine: string;
  /** All engines that took part, in their order: several when the run was gone on with on another one. */
  engines: readonly string[];
  versions: Readonly<Record<string, string>>;
  threads: number;
  device: Device;
  /** How many images went through the networks together at the end; memory may have made it fewer. */
  imagesAtOnce: number;
  seconds: number;
  stepMilliseconds: number;
  /** ISO 8601, UTC. */
  startedAt: string;
  node: string;
  platform: string;
}

/** The metrics' values without their units. */
export function valuesOf(metrics: RunResult['metrics']): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).map(([name, { value }]) => [name, value]));
}
