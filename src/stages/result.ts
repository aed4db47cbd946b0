import type { Device } from '../graph/program.ts';

/** What a finished run leaves behind in its result.json; with the same key only `provenance` may differ. */
export interface RunResult {
  schemaVersion: 1;
  /** Hash of everything that determines the result (src/plan/key.ts). */
  key: string;
  cell: string;
  seed: number;
  /** 'accuracy' (after the last iteration, %), 'best-accuracy' (over all evaluations, %), 'reconstruction-error' (rmse). */
  metrics: Record<string, { unit: string; value: number }>;
  predictorParameters: number;
  learnableParameters: number;
  compressionRatio: number;
  target: { accuracy?: number };
  history: {
    iteration: number;
    loss: number;
    reconstruction: number;
    kd: number;
    fmd: number;
    learningRate: number;
  }[];
  evaluations: { iteration: number; metrics: Record<string, number> }[];
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
