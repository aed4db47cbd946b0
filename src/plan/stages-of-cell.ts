import { isMeasure, type Measure, numberOf } from '../catalogue/measures.ts';
import type { CellInputs } from '../contract/inputs.ts';
import { distils, learnsFromLogits, type Split } from '../contract/needs.ts';
import { placedAs } from '../contract/placed.ts';
import type { Stage } from '../contract/stage.ts';
import type { Cell } from '../spec/cell.ts';
import { type Phase, phasesOf } from '../spec/phases.ts';
import { iterationsOf } from '../spec/recipe.ts';
import {
  type Desk,
  evaluate,
  nameOf,
  openDesk,
  reconstructed,
  type Setting,
  selectBest,
  sharedName,
} from './desk.ts';
import {
  guidanceSettings,
  originalSettings,
  permutationSettings,
  phaseSettings,
  stageKey,
  targetSettings,
} from './key.ts';
import { type PlannedRun, type Round, runName } from './run.ts';

/**
 * The runs of a cell, one for each seed, and their stages, entered into `stages`; what another cell has entered is shared. Names of
 * stages are those of the first run that needs them.
 */
export function stagesOfCell(
  cell: Cell,
  seeds: readonly number[],
  inputs: CellInputs,
  stages: Map<string, Stage>,
): PlannedRun[] {
  const { target, evaluate: measures, progressive, baseline } = cell.configuration;
  // Seeds that train a target each have no stage in common.
  if (target.train?.seed === 'run' && seeds.length > 1)
    return seeds.flatMap(seed => stagesOfCell(cell, [seed], inputs, stages));
  const desk = openDesk(cell, seeds, inputs, stages);
  const trained = trainedOriginal(desk);
  const given = trained ?? desk.given;
  const ofTarget = measures.filter(isMeasure).filter(measure => !numberOf(measure).compares);
  const original = Object.fromEntries(
    ofTarget.map(measure => [measure, ofOriginal(desk, given, measure, 'test')]),
  );

  const rounds: ReadonlyMap<number, Round>[] = [];
  let network = given;
  let selection: string | undefined;
  for (let number = 1; number <= (baseline ? 0 : progressive.rounds); number++) {
    const setting = settingOf(desk, roundLabel(desk, number), network, selection);
    const { predictors, phases } = trainRound(desk, number, setting);
    const evaluations = measureRound(desk, number, setting, predictors);
    if (progressive.rounds > 1) {
      selection = selectRound(desk, number, setting, predictors, given, selection);
      if (number < progressive.rounds) network = networkOf(desk, number, setting, selection);
    }
    const { target, permutation } = setting.subject;
    const ofSeed = (seed: number): Round => ({
      phases: phases(seed),
      evaluations: evaluations.get(seed)!,
      target,
      permutation,
      selection,
    });
    rounds.push(new Map(seeds.map(seed => [seed, ofSeed(seed)])));
  }
  return seeds.map(seed => ({
    run: runName(cell, seed),
    cell,
    seed,
    inputs,
    original,
    trained,
    trackedOn: desk.trackedOn,
    rounds: rounds.map(round => round.get(seed)!),
    stages: desk.needs(seed),
  }));
}

/** How stages tell their round; nothing where there is one round. */
const roundLabel = ({ cell }: Desk, number: number): readonly string[] =>
  cell.configuration.progressive.rounds > 1 ? [`round-${number}`] : [];

/** The stage that trains the target of a cell, where one does. */
function trainedOriginal(desk: Desk): string | undefined {
  const { cell, seeds, hashes, placed: configuration } = desk;
  const { train: recipe } = configuration.target;
  if (recipe === undefined) return undefined;
  const seed = recipe.seed === 'run' ? seeds[0]! : recipe.seed;
  const key = stageKey(
    'original',
    originalSettings(cell.configuration, cell.configuration.target.train!, hashes),
    seed,
  );
  const name = recipe.seed === 'run' ? nameOf(desk, seed, 'target') : sharedName(desk, 'target');
  const iterations = iterationsOf(recipe, Number(hashes['original-count']));
  return desk.enter(
    { kind: 'original', key, name, configuration, inputs: {}, seed, recipe, iterations },
    seeds,
  );
}

function ofOriginal(desk: Desk, given: string | undefined, measure: Measure, split: Split): string {
  const target = targetSettings(desk.cell.configuration, desk.hashes.weights, given);
  const measured = { inputs: { target: given }, target, unless: undefined };
  return evaluate(desk, sharedName(desk, 'original', measure), measure, split, measured, desk.seeds);
}

/** What a round represents, with the order of its kernels. */
function settingOf(
  desk: Desk,
  label: readonly string[],
  network: string | undefined,
  selection: string | undefined,
): Setting {
  const { configuration } = desk.cell;
  const unless = configuration.progressive.stopWhenNoGain ? selection : undefined;
  const target = targetSettings(configuration, desk.hashes.weights, network);
  if (configuration.permutation === 'none') return { subject: { target: network }, target, unless };
  const key = stageKey('permutation', permutationSettings(configuration, desk.hashes), target);
  const name = sharedName(desk, ...label, 'permutation');
  const inputs = { target: network };
  const permutation = desk.enter(
    { kind: 'permutation', key, name, configuration: desk.placed, inputs, unless },
    desk.seeds,
  );
  return { subject: { target: network, permutation }, target, unless };
}

/** The phases of a round, of all seeds: a phase may begin with the best of them. */
function trainRound(desk: Desk, number: number, setting: Setting) {
  const list = phasesOf(desk.cell.configuration);
  const after: ReadonlyMap<number, string>[] = [];
  let predictors: ReadonlyMap<number, string> = new Map();
  for (const [i, phase] of list.entries()) {
    const before = predictors;
    const label = [...roundLabel(desk, number), ...(list.length > 1 ? [phase.name] : [])];
    const labelBefore = [...roundLabel(desk, number), list[i - 1]?.name ?? ''].join(' ');
    const best =
      phase.start === 'best-of-seeds' ? selectBest(desk, labelBefore, setting, before, undefined) : undefined;
    const enter = phaseOf(desk, phase, i, setting);
    predictors = new Map(
      desk.seeds.map(seed => {
        const start = best ?? (phase.start === 'previous' ? before.get(seed) : undefined);
        return [seed, enter(seed, nameOf(desk, seed, ...label), start)];
      }),
    );
    after.push(predictors);
  }
  const phases = (seed: number): Round['phases'] =>
    list.map(({ name }, i) => ({ name, key: after[i]!.get(seed)! }));
  return { predictors, phases };
}

/** Enters a phase of one seed, with what all seeds share worked out once. */
function phaseOf(desk: Desk, phase: Phase, i: number, setting: Setting) {
  const { hashes, trackedOn, enter, placed: configuration } = desk;
  const { subject, target, unless } = setting;
  const { configuration: training, start } = phase;
  const placed = placedAs(configuration, phasesOf(configuration)[i]!.configuration);
  const read = {
    begins: start === 'initial' ? (hashes[`predictor:${i}`] ?? 'fresh') : undefined,
    images: distils(training) ? hashes[`images:${i}`] : undefined,
    teacher: hashes.teacher,
  };
  const settings = phaseSettings(training, read);
  const guidance = learnsFromLogits(training) ? guidanceSettings(training, read, target) : undefined;
  const track = configuration.evaluate.filter(isMeasure).filter(measure => numberOf(measure).onTheWay);
  return (seed: number, name: string, predictor: string | undefined): string => {
    const key = stageKey('phase', settings, seed, target, subject.permutation, predictor);
    const inputs = { target: subject.target, permutation: subject.permutation, predictor };
    const stream = guidance && stageKey('guidance', guidance, seed);
    return enter(
      {
        kind: 'phase',
        key,
        name,
        configuration,
        inputs,
        unless,
        seed,
        training: placed,
        track,
        trackedOn,
        stream,
      },
      [seed],
    );
  };
}

function measureRound(
  desk: Desk,
  number: number,
  setting: Setting,
  predictors: ReadonlyMap<number, string>,
): Map<number, Round['evaluations']> {
  const measures = desk.cell.configuration.evaluate;
  const label = roundLabel(desk, number);
  const ofSeed = (seed: number) => {
    const measured = reconstructed(setting, predictors.get(seed));
    const of = [seed];
    return measures.map(measure => {
      const name = nameOf(desk, seed, ...label, measure);
      return [measure, evaluate(desk, name, measure, 'test', measured, of)];
    });
  };
  return new Map(desk.seeds.map(seed => [seed, Object.fromEntries(ofSeed(seed))]));
}

/** The best of the seeds, and whether it is better than the network it represents (second paper, appendix D.2). */
function selectRound(
  desk: Desk,
  number: number,
  setting: Setting,
  predictors: ReadonlyMap<number, string>,
  given: string | undefined,
  before: string | undefined,
): string {
  const { measure, split } = desk.cell.configuration.select;
  const toBeat = numberOf(measure).compares ? undefined : (before ?? ofOriginal(desk, given, measure, split));
  return selectBest(desk, roundLabel(desk, number).join(' '), setting, predictors, toBeat);
}

/** The best network of a round, which the next one represents. */
function networkOf(desk: Desk, number: number, { subject, target }: Setting, selection: string): string {
  const { placed: configuration } = desk;
  const key = stageKey('network', '', target, subject.permutation, selection);
  const name = sharedName(desk, ...roundLabel(desk, number), 'network');
  const unless = configuration.progressive.stopWhenNoGain ? selection : undefined;
  const inputs = { ...subject, predictor: selection };
  return desk.enter({ kind: 'network', key, name, configuration, inputs, unless }, desk.seeds);
}
