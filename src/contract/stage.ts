import type { Evaluation, Measure } from '../catalogue/measures.ts';
import type { Configuration, Recipe } from '../spec/configuration.ts';
import { guidedSteps } from './needs.ts';
import type { Placed } from './placed.ts';

/** What every stage has: the configuration of the cell it belongs to, and what it builds on. */
interface Common {
  /** Hash of all that determines the result (src/plan/key.ts); the same stage of another cell or sweep has the same. */
  readonly key: string;
  /** For people: the first run that needs it, and what it does there. */
  readonly name: string;
  readonly configuration: Placed;
  /** Keys of the stages whose results it reads, by their part in this one. */
  readonly inputs: Inputs;
  /** The selection of the round before, of a stage that is left out when that ended the rounds. */
  readonly unless?: string | undefined;
}

/** Which network is represented, and in which order of its kernels. */
export interface Subject {
  /** The network of an earlier stage; absent: the one that the configuration names. */
  readonly target?: string | undefined;
  /** Absent: no permutation. */
  readonly permutation?: string | undefined;
}

export interface Inputs extends Subject {
  /** The phase, or the selection among phases, whose predictor is gone on with or looked at. */
  readonly predictor?: string | undefined;
  /** The logits that a phase is given; absent: it computes them as it goes. */
  readonly guidance?: string | undefined;
}

/** The target itself, trained from scratch. */
export interface OriginalStage extends Common {
  readonly kind: 'original';
  readonly seed: number;
  readonly recipe: Recipe;
  readonly iterations: number;
}

/** The order of the target's kernels. */
export interface PermutationStage extends Common {
  readonly kind: 'permutation';
}

/** A phase of training. */
export interface PhaseStage extends Common {
  readonly kind: 'phase';
  readonly seed: number;
  /** The configuration with the phase's own settings. */
  readonly training: Placed;
  /** What is measured on the way, for the record: the network that is trained does not depend on it. */
  readonly track: readonly Measure[];
  /** The images that it is measured on, by their content. */
  readonly trackedOn: string;
  /** The key that the logits it learns from have as a stage of their own; absent: it learns from none, or from more. */
  readonly stream?: string | undefined;
}

/** The logits that all phases with this seed learn from that see the same images in the same order. */
export interface GuidanceStage extends Common {
  readonly kind: 'guidance';
  readonly seed: number;
  /** The configuration of one of these phases. */
  readonly training: Placed;
}

/** One measure of a finished predictor, or (without one) of the target itself. */
export interface EvaluationStage extends Common {
  readonly kind: 'evaluation';
  readonly measure: Evaluation;
  readonly split: Configuration['select']['split'];
}

/** One seed that a selection chooses from. */
export interface Candidate {
  readonly seed: number;
  readonly predictor: string;
  readonly evaluation: string;
}

/** The best of the seeds. */
export interface SelectionStage extends Common {
  readonly kind: 'selection';
  readonly measure: Configuration['select']['measure'];
  readonly candidates: readonly Candidate[];
  /** What the best one has to beat for another round to follow; absent: there is none, or none is needed. */
  readonly toBeat?: string | undefined;
}

/** The network that a predictor stands for, as the target of another round. */
export interface NetworkStage extends Common {
  readonly kind: 'network';
  /** The key of the finished run of another sweep whose predictor it is (`target.from`); absent: that of a stage. */
  readonly run?: string | undefined;
}

/** One step of the work of a run, as plain data. */
export type Stage =
  | OriginalStage
  | PermutationStage
  | GuidanceStage
  | PhaseStage
  | EvaluationStage
  | SelectionStage
  | NetworkStage;

export type StageKind = Stage['kind'];

/** The keys of all stages whose results a stage reads. */
export function dependencies(stage: Stage): string[] {
  const { target, permutation, predictor, guidance } = stage.inputs;
  const ofSelection =
    stage.kind === 'selection'
      ? [...stage.candidates.flatMap(({ predictor, evaluation }) => [predictor, evaluation]), stage.toBeat]
      : [];
  return [target, permutation, predictor, guidance, stage.unless, ...ofSelection].filter(
    key => key !== undefined,
  );
}

/** How many iterations a stage has to tell of; 0: none. */
export function iterationsOfStage(stage: Stage): number {
  switch (stage.kind) {
    case 'phase':
      return stage.training.iterations;
    case 'guidance':
      return guidedSteps(stage.training);
    case 'original':
      return stage.iterations;
    default:
      return 0;
  }
}
