import type { Evaluation } from '../catalogue/measures.ts';
import type { CellInputs, InputHashes } from '../contract/inputs.ts';
import { imagesOf, type Split } from '../contract/needs.ts';
import type { Placed } from '../contract/placed.ts';
import type { Candidate, Inputs, Stage, Subject } from '../contract/stage.ts';
import type { Cell } from '../spec/cell.ts';
import { evaluationSettings, stageKey, trackingSettings } from './key.ts';
import { runName } from './run.ts';

/** Where the stages of a cell are written down. */
export interface Desk {
  readonly cell: Cell;
  readonly seeds: readonly number[];
  readonly hashes: InputHashes;
  /** The cell's configuration as its stages have it. */
  readonly placed: Placed;
  /** The stage that gives the target's network, where it is that of another sweep. */
  readonly given: string | undefined;
  /** The images that are looked at on the way, by their content. */
  readonly trackedOn: string;
  /** Enters a stage that these seeds need, or finds the equal one of another cell; returns its key. */
  enter(stage: Stage, of: readonly number[]): string;
  /** The keys of all stages that a seed needs, each after those it builds on. */
  needs(seed: number): string[];
  /** The hash of what decides the value of a measure of this cell, the same for all seeds. */
  settingsOf(measure: Evaluation, split: Split): string;
}

/** What the stages of a round have in common. */
export interface Setting {
  /** The network that is represented, and the order of its kernels. */
  readonly subject: Subject;
  /** The hash of what that network is. */
  readonly target: string;
  readonly unless: string | undefined;
}

/** A desk whose stages go into `stages`, among those of other cells. */
export function openDesk(
  cell: Cell,
  seeds: readonly number[],
  { hashes, placed }: CellInputs,
  stages: Map<string, Stage>,
): Desk {
  const needs = new Map(seeds.map(seed => [seed, new Set<string>()]));
  const settings = new Map<string, string>();
  const desk: Desk = {
    ...{ cell, seeds, hashes, placed, given: givenKey(cell, hashes) },
    trackedOn: trackingSettings(cell.configuration, hashes),
    needs: seed => [...needs.get(seed)!],
    settingsOf(measure, split) {
      const name = `${measure} ${split}`;
      const known = settings.get(name);
      if (known !== undefined) return known;
      const images = imagesOf(measure, split).map(one => hashes[one]);
      const made = evaluationSettings(measure, cell.configuration, split, images, hashes);
      settings.set(name, made);
      return made;
    },
    enter(stage, of) {
      const known = stages.get(stage.key);
      if (known === undefined) stages.set(stage.key, stage);
      else if (known.kind === 'phase' && stage.kind === 'phase')
        stages.set(stage.key, tracking(known, stage));
      for (const seed of of) needs.get(seed)!.add(stage.key);
      return stage.key;
    },
  };
  if (desk.given !== undefined) enterGiven(desk, desk.given);
  return desk;
}

const givenKey = ({ configuration }: Cell, { weights }: InputHashes) =>
  configuration.target.from === undefined
    ? undefined
    : stageKey('network', `${configuration.target.prune}`, 'run', weights);

/** The network of another sweep's run, as the target. */
function enterGiven(desk: Desk, key: string): void {
  const { seeds, hashes, placed: configuration } = desk;
  const name = sharedName(desk, 'target');
  desk.enter({ kind: 'network', key, name, configuration, inputs: {}, run: hashes.weights }, seeds);
}

/** The first of two equal phases, with what either of them is to measure on the way. */
function tracking<Phase extends Extract<Stage, { kind: 'phase' }>>(one: Phase, other: Phase): Phase {
  const track = [...new Set([...one.track, ...other.track])];
  return track.length === one.track.length ? one : { ...one, track };
}

/** The name of a stage of one seed, and of one that all seeds share. */
export const nameOf = ({ cell }: Desk, seed: number, ...parts: readonly string[]) =>
  joined(runName(cell, seed), parts);
export const sharedName = ({ cell }: Desk, ...parts: readonly string[]) => joined(cell.id, parts);

/** By concatenation, which shares the text of `first` among the hundreds of thousands of names of a large sweep. */
const joined = (first: string, parts: readonly string[]) =>
  parts.reduce((all, part) => `${all} ${part}`, first);

/** What an evaluation looks at. */
export interface Measured {
  /** With the predictor whose network is measured; without one it is the target itself. */
  readonly inputs: Inputs;
  readonly target: string;
  readonly unless: string | undefined;
}

/** The network that a predictor stands for; one object for all measures of it, for there may be many. */
export const reconstructed = (
  { subject, target, unless }: Setting,
  predictor: string | undefined,
): Measured => ({
  inputs: { target: subject.target, permutation: subject.permutation, predictor },
  target,
  unless,
});

/** A measure of the network that a predictor stands for, or of the target. */
export function evaluate(
  desk: Desk,
  name: string,
  measure: Evaluation,
  split: Split,
  { inputs, target, unless }: Measured,
  of: readonly number[],
): string {
  const { placed: configuration } = desk;
  const { predictor } = inputs;
  const settings = desk.settingsOf(measure, split);
  const key = stageKey('evaluation', settings, predictor, predictor === undefined ? target : undefined);
  return desk.enter({ kind: 'evaluation', key, name, configuration, measure, split, inputs, unless }, of);
}

/** The best of the seeds after a phase of each; `toBeat` is what it must be better than for another round to follow. */
export function selectBest(
  desk: Desk,
  label: string,
  setting: Setting,
  predictors: ReadonlyMap<number, string>,
  toBeat: string | undefined,
): string {
  const { placed: configuration } = desk;
  const { measure, split } = configuration.select;
  const candidates = desk.seeds.map((seed): Candidate => {
    const predictor = predictors.get(seed)!;
    const name = nameOf(desk, seed, label, measure);
    const measured = reconstructed(setting, predictor);
    return { seed, predictor, evaluation: evaluate(desk, name, measure, split, measured, [seed]) };
  });
  const parts = candidates.map(({ seed, predictor, evaluation }) => `${seed} ${predictor} ${evaluation}`);
  const key = stageKey('selection', measure, toBeat, ...parts);
  const name = sharedName(desk, label, 'best of seeds');
  const { subject: inputs, unless } = setting;
  return desk.enter(
    { kind: 'selection', key, name, configuration, measure, candidates, toBeat, inputs, unless },
    desk.seeds,
  );
}
