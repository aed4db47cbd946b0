import type { Device } from '../graph/program.ts';
import type { Configuration } from '../spec/configuration.ts';

/** A measured number. */
export interface Metric {
  unit: string;
  value: number;
  /** What a reader must know to compare it with others: the size of an attack, say. */
  settings?: Readonly<Record<string, string>>;
}

/** Numbers by measure. */
export type Measures = Readonly<Partial<Record<string, number>>>;

/** What a permutation is, beside its paths. */
export interface PermutationRecord {
  /** Bits that it takes beside the predictor (NeRN, appendix D). */
  bits: number;
  /** Eq. 6 of NeRN, of the kernels as they are and in their new order. */
  smoothness: { before: number; after: number };
}

/** What a phase of training tells of itself. */
export interface PhaseRecord {
  seed: number;
  iterations: number;
  predictorParameters: number;
  learnableParameters: number;
  history: {
    iteration: number;
    loss: number;
    reconstruction: number;
    kd: number;
    fmd: number;
    learningRate: number;
  }[];
  /** Null where the measure was no finite number: JSON has none for it, and the network may still recover. */
  evaluations: { iteration: number; metrics: Record<string, number | null> }[];
  /** Steps on noise that changed nothing, because their loss was no number; absent where there were none. */
  skippedSteps?: number;
  /** The images of the evaluations, by their content. */
  evaluatedOn: string;
}

/** Of a measure that is one number, the number; a document is in the object's files. */
export interface EvaluationRecord {
  readonly measure: string;
  readonly unit?: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly value?: number;
  /** In %, what guessing is right in; of the accuracy of a target itself, where that is hardly more. */
  readonly chance?: number;
  /** Weights of the convolutions that a predictor stands for; beside a value. */
  readonly learnableParameters?: number;
}

/** What a selection found. */
export interface SelectionRecord {
  readonly measure: string;
  /** The seed that won, its value, and the key of its phase. */
  readonly seed: number;
  readonly value: number;
  readonly predictor: string;
  readonly values: Readonly<Record<string, number>>;
  /** What it had to beat, and whether it did; absent where there is no such thing. */
  readonly toBeat?: number;
  readonly gain: boolean;
}

/** How a stage came about: recorded, but no part of what it determines. */
export interface StageProvenance {
  engine: string;
  /** All engines that took part, in their order: several when the stage was gone on with on another one. */
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

/** A phase of a run. */
export interface PhaseResult
  extends Omit<PhaseRecord, 'predictorParameters' | 'learnableParameters' | 'evaluatedOn'> {
  /** With the round before it, where there are several: `round-2 distill`. */
  name: string;
  key: string;
}

/** A finished round of a run with several. */
export interface RoundResult {
  round: number;
  metrics: Record<string, Metric>;
  /** The seed whose network the next round represents, and whether it was better than this round's own target. */
  best: number;
  gain: boolean;
}

/** How a run's target was trained from scratch. */
export interface OriginalRecord {
  seed: number;
  iterations: number;
  learnableParameters: number;
  history: {
    iteration: number;
    loss: number;
    crossEntropy: number;
    smoothness: number;
    kd: number;
    learningRate: number;
  }[];
  /** How rough the kernels were before the first iteration, and after the last one. */
  smoothness: { before: number; after: number };
}

/** The training of the target, as a part of a run that others may share. */
export interface OriginalResult extends Omit<OriginalRecord, 'learnableParameters'> {
  key: string;
  provenance: StageProvenance;
}

/** What a finished run leaves behind in its result.json; with the same key only `provenance` may differ. */
export interface RunResult {
  schemaVersion: 2;
  /** Hash of everything that determines the result (src/plan/plan.ts). */
  key: string;
  cell: string;
  seed: number;
  configuration: Configuration;
  /** By measure, after the last phase; besides `best-accuracy`, over all evaluations of that phase (%). */
  metrics: Record<string, Metric>;
  /** Of the predictor; 0 where the target itself is what is measured. */
  predictorParameters: number;
  learnableParameters: number;
  /** 1 where the target itself is what is measured. */
  compressionRatio: number;
  /** Absent without one. */
  permutation?: PermutationRecord;
  /** The same measures of the original network, but for those that compare with it. */
  target: Measures;
  /** In %, what guessing is right in; absent where the target is better than that, or its accuracy was not measured. */
  chance?: number;
  /** Absent where the target's weights were given. */
  original?: OriginalResult;
  /** Empty where the target itself is what is measured. */
  phases: PhaseResult[];
  /** Of progressive rounds; empty when there is one round. */
  rounds: RoundResult[];
  /** Of each phase, in their order. */
  provenance: StageProvenance[];
}

/** The metrics' values without their units. */
export function valuesOf(metrics: RunResult['metrics']): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).map(([name, { value }]) => [name, value]));
}
