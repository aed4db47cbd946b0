import type { EngineOrder } from '../engine/order.ts';
import type { Configuration } from '../spec/configuration.ts';

/** One run as it is handed to whatever executes it; everything in it survives a trip through JSON. */
export interface Job {
  /** `<cell id>/seed-<seed>`, the name of the run in events and messages. */
  run: string;
  cell: string;
  seed: number;
  /** Hash of everything that determines the result (src/plan/key.ts). */
  key: string;
  /** The run's own folder, absolute; whatever a run must keep to be resumed lies here. */
  directory: string;
  configuration: Configuration;
  /** What computes, where, and with how many threads. */
  engine: EngineOrder;
  /** Whether a run that another engine began may be gone on with. */
  mayMixEngines: boolean;
  /** Folder of the spec, absolute: relative paths in the configuration start here. */
  specFolder: string;
}

/** The configuration is accepted and training begins. */
export interface RunStarted {
  type: 'run-started';
  run: string;
  iterations: number;
}

/** Where training stands; `loss` is that of the last step. */
export interface RunProgress {
  type: 'run-progress';
  run: string;
  iteration: number;
  iterations: number;
  loss: number;
  millisecondsPerStep: number;
}

/** Metrics measured on the way. */
export interface RunEvaluated {
  type: 'run-evaluated';
  run: string;
  iteration: number;
  metrics: Record<string, number>;
}

/** Another engine goes on with what the others began. */
export interface RunMixed {
  type: 'run-mixed';
  run: string;
  engines: readonly string[];
}

/** A step did not fit into memory and is done again with fewer images at a time. */
export interface RunSliced {
  type: 'run-sliced';
  run: string;
  imagesAtOnce: number;
}

/** What a run tells while it works. */
export type StageEvent = RunStarted | RunProgress | RunEvaluated | RunMixed | RunSliced;
