import type { Cell } from '../spec/cell.ts';
import { type Phase, phasesOf } from '../spec/phases.ts';
import { iterationsOf } from '../spec/recipe.ts';
import { type Evaluation, isMeasure, type Measure, scalarOf } from '../stages/measure-table.ts';
import { distils, learnsFromLogits, type Split } from '../stages/needs.ts';
import type { Stage } from '../stages/stage.ts';
import { type Desk, evaluate, nameOf, openDesk, type Setting, selectBest, sharedName } from './desk.ts';
import {
  guidanceSettings,
  type InputHashes,
  originalSettings,
  permutationSettings,
  phaseSettings,
  stageKey,
  targetSettings,
  trackingSettings,
} from './key.ts';

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

/** What one seed of a cell needs. */
export interface SeedPlan {
  readonly seed: number;
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

/**
 * The stages of a cell with all its seeds, entered into `stages`; what another cell has entered is shared. Names of
 * stages are those of the first run that needs them.
 */
export function stagesOfCell(
  cell: Cell,
  seeds: readonly number[],
  hashes: InputHashes,
  stages: Map<string, Stage>,
): SeedPlan[] {
  const { target, evaluate: measures, progressive, baseline } = cell.configuration;
  // Seeds that train a target each have no stage in common.
  if (target.train?.seed === 'run' && seeds.length > 1)
    return seeds.flatMap(seed => stagesOfCell(cell, [seed], hashes, stages));
  const desk = openDesk(cell, seeds, hashes, stages);
  const trained = trainedOriginal(desk);
  const given = trained ?? desk.given;
  const ofTarget = measures.filter(isMeasure).filter(measure => !scalarOf(measure).compares);
  const original = Object.fromEntries(
    ofTarget.map(measure => [measure, ofOriginal(desk, given, measure, 'test')]),
  );

  const rounds = new Map<number, Round[]>(seeds.map(seed => [seed, []]));
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
    for (const seed of seeds) {
      const ofSeed = { phases: phases.get(seed)!, evaluations: evaluations.get(seed)! };
      const { target, permutation } = setting.subject;
      rounds.get(seed)!.push({ ...ofSeed, target, permutation, selection });
    }
  }
  const trackedOn = trackingSettings(cell.configuration, hashes);
  return seeds.map(seed => ({
    ...{ seed, original, trained, trackedOn },
    rounds: rounds.get(seed)!,
    stages: desk.needs(seed),
  }));
}

/** How stages tell their round; nothing where there is one round. */
const roundLabel = ({ cell }: Desk, number: number): readonly string[] =>
  cell.configuration.progressive.rounds > 1 ? [`round-${number}`] : [];

/** The stage that trains the target of a cell, where one does. */
function trainedOriginal(desk: Desk): string | undefined {
  const { cell, seeds, hashes } = desk;
  const { configuration } = cell;
  const { train: recipe } = configuration.target;
  if (recipe === undefined) return undefined;
  const seed = recipe.seed === 'run' ? seeds[0]! : recipe.seed;
  const key = stageKey('original', originalSettings(configuration, recipe, hashes), seed);
  const name = recipe.seed === 'run' ? nameOf(desk, seed, 'target') : sharedName(desk, 'target');
  const iterations = iterationsOf(recipe, Number(hashes['original-count']));
  return desk.enter(
    { kind: 'original', key, name, configuration, inputs: {}, seed, recipe, iterations },
    seeds,
  );
}

function ofOriginal(desk: Desk, given: string | undefined, measure: Measure, split: Split): string {
  const target = targetSettings(desk.cell.configuration, desk.hashes.weights, given);
  const setting = { subject: { target: given }, target, unless: undefined };
  const name = sharedName(desk, 'original', measure);
  return evaluate(desk, name, measure, split, setting, undefined, desk.seeds);
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
    { kind: 'permutation', key, name, configuration, inputs, unless },
    desk.seeds,
  );
  return { subject: { target: network, permutation }, target, unless };
}

/** The phases of a round, of all seeds: a phase may begin with the best of them. */
function trainRound(desk: Desk, number: number, setting: Setting) {
  const list = phasesOf(desk.cell.configuration);
  const phases = new Map<number, { name: string; key: string }[]>(desk.seeds.map(seed => [seed, []]));
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
    for (const seed of desk.seeds) phases.get(seed)!.push({ name: phase.name, key: predictors.get(seed)! });
  }
  return { predictors, phases };
}

/** Enters a phase of one seed, with what all seeds share worked out once. */
function phaseOf({ cell, hashes, enter }: Desk, phase: Phase, i: number, setting: Setting) {
  const { configuration } = cell;
  const { subject, target, unless } = setting;
  const { configuration: training, start } = phase;
  const read = {
    begins: start === 'initial' ? (hashes[`predictor:${i}`] ?? 'fresh') : undefined,
    images: distils(training) ? hashes[`images:${i}`] : undefined,
    teacher: hashes.teacher,
  };
  const settings = phaseSettings(training, read);
  const guidance = learnsFromLogits(training) ? guidanceSettings(training, read, target) : undefined;
  const track = configuration.evaluate.filter(isMeasure).filter(measure => scalarOf(measure).onTheWay);
  const trackedOn = trackingSettings(configuration, hashes);
  return (seed: number, name: string, predictor: string | undefined): string => {
    const key = stageKey('phase', settings, seed, target, subject.permutation, predictor);
    const common = { key, name, configuration, inputs: { ...subject, predictor }, unless };
    const stream = guidance && stageKey('guidance', guidance, seed);
    return enter({ kind: 'phase', ...common, seed, training, track, trackedOn, stream }, [seed]);
  };
}

function measureRound(
  desk: Desk,
  number: number,
  setting: Setting,
  predictors: ReadonlyMap<number, string>,
): Map<number, Round['evaluations']> {
  const measures = desk.cell.configuration.evaluate;
  const ofSeed = (seed: number) =>
    measures.map(measure => {
      const name = nameOf(desk, seed, ...roundLabel(desk, number), measure);
      return [measure, evaluate(desk, name, measure, 'test', setting, predictors.get(seed)!, [seed])];
    });
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
  const toBeat = scalarOf(measure).compares ? undefined : (before ?? ofOriginal(desk, given, measure, split));
  return selectBest(desk, roundLabel(desk, number).join(' '), setting, predictors, toBeat);
}

/** The best network of a round, which the next one represents. */
function networkOf(desk: Desk, number: number, { subject, target }: Setting, selection: string): string {
  const { configuration } = desk.cell;
  const key = stageKey('network', '', target, subject.permutation, selection);
  const name = sharedName(desk, ...roundLabel(desk, number), 'network');
  const unless = configuration.progressive.stopWhenNoGain ? selection : undefined;
  const inputs = { ...subject, predictor: selection };
  return desk.enter({ kind: 'network', key, name, configuration, inputs, unless }, desk.seeds);
}
