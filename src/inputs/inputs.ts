import { canonicalJson } from '../canonical-json.ts';
import type { CellInputs, Role } from '../contract/inputs.ts';
import { distils, distilsOnTask, imagesOf, type Looked } from '../contract/needs.ts';
import { type Placed, place, placedAs, present } from '../contract/placed.ts';
import { oodSha256 } from '../evaluation/ood.ts';
import { Failure } from '../failure.ts';
import { imagesSha256, openImages } from '../images/images.ts';
import { learnableConvolutions, type Network } from '../networks/network.ts';
import type { Cell } from '../spec/cell.ts';
import type { Configuration, Recipe } from '../spec/configuration.ts';
import { type Diagnostic, tidy } from '../spec/diagnostic.ts';
import { permutationOf } from '../spec/permutation.ts';
import { phasesOf } from '../spec/phases.ts';
import type { Sweep } from '../spec/sweep.ts';
import { listed } from '../spec/text.ts';
import { type Ordered, readGivenPermutation } from '../target/given-permutation.ts';
import { readInitial } from '../target/initial.ts';
import { shapesOf } from '../target/represent.ts';
import { type Architecture, architectureOf, isMade, loadTarget, type Setting } from '../target/target.ts';
import { loadTeacher } from '../target/teacher.ts';
import { createLocate, withPlaces } from './locate.ts';
import { givenRun } from './place-run.ts';

/** What is known of the files that a sweep reads: those of its cells by their ids, or what is wrong with them. */
export interface Inputs {
  cells: Map<string, CellInputs>;
  diagnostics: Diagnostic[];
  /** What is to be told of files that are taken as they are. */
  notes: string[];
}

/**
 * Finds, reads, checks and hashes everything that the cells' runs will read, before any of them runs: a sweep that lacks a
 * file is refused at once, as a whole, with the place in the spec that asks for it. What many cells share is read once.
 */
export async function checkInputs(sweep: Sweep): Promise<Inputs> {
  const locate = createLocate(sweep.folder);
  const known = new Map<string, Promise<unknown>>();
  const cells = new Map<string, CellInputs>();
  const diagnostics: Diagnostic[] = [];
  const notes: string[] = [];
  const onlyOnce = <Result>(name: string, check: () => Promise<Result>): Promise<Result | Failure> => {
    const checked = (known.get(name) as Promise<Result | Failure> | undefined) ?? check().catch(expected);
    known.set(name, checked);
    return checked;
  };
  for (const cell of sweep.cells) {
    const { files, missing } = await locate(cell.configuration);
    const { from, network, dataset } = cell.configuration.target;
    const run =
      from &&
      (await onlyOnce(`run ${canonicalJson({ from, network, dataset })}`, () =>
        givenRun(from, cell.configuration),
      ));
    const found = run instanceof Failure ? undefined : run;
    const placed = place(cell.configuration, files, found);
    const hashes: Partial<Record<Role, string>> = {};
    const known = run instanceof Failure ? async () => Promise.reject(run) : () => targetOf(placed);
    const tell = (note: string) => notes.push(note);
    for (const { role, path, name, check } of inputsOf(cell.configuration, placed, known, tell)) {
      const result = await onlyOnce(name, check);
      // What is wrong with the target's run is told once, not again by what asks for its network.
      if (result === run && role !== 'weights') continue;
      if (result instanceof Failure)
        diagnostics.push(diagnosticOf(withPlaces(result, missing) as Failure, sweep, path, cell));
      else hashes[role] = result;
    }
    cells.set(cell.id, { hashes, files, run: found, placed });
  }
  return { cells, diagnostics: tidy(diagnostics), notes };
}

/** One thing that a cell's runs read. */
interface Input {
  readonly role: Role;
  /** The setting that asks for it. */
  readonly path: string;
  /** The same for what is the same. */
  readonly name: string;
  /** Reads it and returns the hash of its content. Throws a Failure. */
  readonly check: () => Promise<string>;
}

/** What is known of a target before anything runs: its weights too, where no stage makes them. */
type KnownTarget = () => Promise<Ordered & Pick<Architecture, 'sha256'>>;

const targetOf = async (placed: Placed) =>
  isMade(placed) ? await architectureOf(placed) : await loadTarget(placed);

function inputsOf(
  written: Configuration,
  placed: Placed,
  known: KnownTarget,
  tell: (note: string) => void,
): Input[] {
  const { target, evaluate, select, baseline } = placed;
  const phases = baseline ? [] : phasesOf(placed);
  const isSelected = placed.progressive.rounds > 1 || phases.some(({ start }) => start === 'best-of-seeds');
  const measured = [
    ...evaluate.flatMap(measure => imagesOf(measure)),
    ...(isSelected ? imagesOf(select.measure, select.split) : []),
  ];
  const weights: Input = {
    role: 'weights',
    path:
      target.from !== undefined
        ? 'target.from'
        : target.train === undefined
          ? 'target.weights'
          : 'target.network',
    name: `weights ${canonicalJson({ target, baseline })} ${taskNamed(placed)}`,
    check: async () => {
      const { sha256, network } = await known();
      if (!baseline) refuseNothingToRepresent(network, written);
      return target.from === undefined ? sha256 : placed.run!.key;
    },
  };
  return [
    weights,
    ...(target.train === undefined ? [] : trainingOfTarget(target.train, placed, tell)),
    ...(baseline ? [] : teacherToLearnFrom('teacher', placed)),
    ...(baseline ? [] : permutationGiven(placed, known)),
    ...[...new Set(measured)].map(split => imagesInput(split, split, placed, tell)),
    ...phases.flatMap(({ configuration }, i) => {
      const training = placedAs(placed, configuration);
      const images = imagesInput(`images:${i}`, distilsOnTask(training) ? 'train' : 'source', training, tell);
      return [
        ...(distils(training) ? [images] : []),
        ...predictorToBeginWith(`predictor:${i}`, training, known),
      ];
    }),
  ];
}

/** Throws a Failure of kind 'spec' when the network has no kernel that a predictor could predict. */
function refuseNothingToRepresent(network: Network, { target }: Configuration): void {
  if (learnableConvolutions(network).length > 0) return;
  const name = typeof target.network === 'string' ? target.network : target.network.file;
  const found = network.steps.flatMap(step =>
    step.kind === 'convolution' ? [step.shape.slice(2).join('x')] : [],
  );
  throw new Failure(
    'spec',
    `Expected ${name} to have convolutions of 1x1 or 3x3, whose kernels a predictor learns, found ${
      found.length === 0 ? 'no convolution' : `convolutions of ${listed([...new Set(found)], 'and')} only`
    }`,
    'Name another network, or measure this one by itself with `baseline: true`.',
    { setting: 'target.network' },
  );
}

/** What a network is asked for by: how many classes it has, and how large its images are, may be up to the data. */
function taskNamed({ target: { dataset }, data: { classes, size, arrays, folder } }: Placed): string {
  return canonicalJson({ dataset, classes, size, arrays, folder });
}

function teacherToLearnFrom(
  role: 'teacher' | 'original-teacher',
  placed: Placed,
  setting: Setting = 'teacher',
): Input[] {
  const { teacher } = placed;
  if (teacher === 'none') return [];
  return [
    {
      role,
      path: `${setting}.weights`,
      name: `teacher ${canonicalJson(teacher)} ${taskNamed(placed)}`,
      check: async () => (await loadTeacher(placed, setting))!.sha256,
    },
  ];
}

function permutationGiven(placed: Placed, known: KnownTarget): Input[] {
  const { mode, file } = permutationOf(placed);
  if (file === undefined) return [];
  const check = async () => {
    const path = await present(file, 'permutation.file');
    return (await readGivenPermutation(path, mode, await known())).sha256;
  };
  const name = `permutation ${canonicalJson({ target: placed.target, mode, file })} ${taskNamed(placed)}`;
  return [{ role: 'permutation', path: 'permutation.file', name, check }];
}

/** What a target is trained on: images, how many they are, and the teacher's weights. */
function trainingOfTarget({ teacher }: Recipe, placed: Placed, tell: (note: string) => void): Input[] {
  const images = imagesInput('original', 'train', placed, tell);
  const count = async () => String((await openImages(placed, 'train')).count);
  return [
    images,
    { ...images, role: 'original-count', name: `count ${images.name}`, check: count },
    ...teacherToLearnFrom('original-teacher', { ...placed, teacher }, 'target.train.teacher'),
  ];
}

function imagesInput(
  role: Role,
  which: Looked | 'source',
  placed: Placed,
  tell: (note: string) => void,
): Input {
  const { target, data, ood } = placed;
  return {
    role,
    path: settingOf(which, placed),
    name: `${which} ${target.dataset} ${canonicalJson({ data, ood })}`,
    check: () => (which === 'ood' ? oodSha256(placed, tell) : imagesSha256(placed, which, tell)),
  };
}

/** The setting that asks for images; that of their root leads to the data set where no root is written. */
function settingOf(which: Looked | 'source', { ood }: Placed): string {
  if (which === 'source') return 'data.source';
  if (which === 'ood') return ood.set === undefined ? 'evaluate' : 'ood.set';
  return 'data.root';
}

function predictorToBeginWith(role: Role, placed: Placed, known: KnownTarget): Input[] {
  const { target, predictor } = placed;
  const { init, ...sizes } = predictor;
  if (init.method !== 'checkpoint') return [];
  const check = async () => {
    const { network } = await known();
    return (await readInitial(init.file, shapesOf(network, placed))).sha256;
  };
  const name = `predictor ${canonicalJson({ target, sizes, init })} ${taskNamed(placed)}`;
  return [{ role, path: 'predictor.init.file', name, check }];
}

function expected(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}

/** Told where the input is asked for, if the failure does not name another setting. */
function diagnosticOf(
  { message, hint, details }: Failure,
  sweep: Sweep,
  input: string,
  cell: Cell,
): Diagnostic {
  const path = typeof details.setting === 'string' ? details.setting : input;
  const rest = hint === undefined ? {} : { hint };
  return { code: 'file-rejected', message, ...rest, ...sweep.locate(path, cell) };
}
