import type { EngineOrder } from '../engine/order.ts';
import type { Stage, StageKind } from './stage.ts';

/** Some stages as they are handed to whatever executes them; everything in it survives a trip through JSON. */
export interface Job {
  /** Done one after the other; a later one may read what an earlier one leaves behind. */
  readonly stages: readonly Stage[];
  /** Folder of the objects that stages leave behind, absolute (src/files/object.ts). */
  readonly store: string;
  /** What computes, where, and with how many threads. */
  readonly engine: EngineOrder;
  /** Whether a phase that another engine began may be gone on with. */
  readonly mayMixEngines: boolean;
}

/** Work begins; a phase tells how long it is. */
export interface StageStarted {
  type: 'stage-started';
  stage: string;
  kind: StageKind;
  iterations?: number;
}

/** Where training stands, or other work by steps; `loss` is that of the last step, where it has one. */
export interface StageProgress {
  type: 'stage-progress';
  stage: string;
  iteration: number;
  iterations: number;
  loss?: number;
  millisecondsPerStep: number;
}

/** Metrics measured on the way. */
export interface StageEvaluated {
  type: 'stage-evaluated';
  stage: string;
  iteration: number;
  metrics: Record<string, number | null>;
}

/** Another engine goes on with what the others began. */
export interface StageMixed {
  type: 'stage-mixed';
  stage: string;
  engines: readonly string[];
}

/** A step did not fit into memory and is done again with fewer images at a time. */
export interface StageSliced {
  type: 'stage-sliced';
  stage: string;
  imagesAtOnce: number;
}

/** What a stage tells while it works. */
export type StageEvent = StageStarted | StageProgress | StageEvaluated | StageMixed | StageSliced;

export type Tell = (event: StageEvent) => void;
