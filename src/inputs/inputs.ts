import { canonicalJson } from '../canonical-json.ts';
import { dataRoot, locateFile } from '../contract/locate.ts';
import { distils, distilsOnTask, imagesOf, type Looked } from '../contract/needs.ts';
import { oodSha256 } from '../evaluation/ood.ts';
import { Failure } from '../failure.ts';
import { imagesSha256, openImages } from '../images/images.ts';
import { learnableConvolutions, type Network } from '../networks/network.ts';
import type { InputHashes } from '../plan/key.ts';
import type { Cell } from '../spec/cell.ts';
import type { Configuration, Recipe } from '../spec/configuration.ts';
import { type Diagnostic, tidy } from '../spec/diagnostic.ts';
import { permutationOf } from '../spec/permutation.ts';
import { phasesOf } from '../spec/phases.ts';
import type { Sweep } from '../spec/sweep.ts';
import { listed } from '../spec/text.ts';
import { findTargetRun } from '../target/finished-run.ts';
import { readGivenPermutation } from '../target/given-permutation.ts';
import { readInitial } from '../target/initial.ts';
import { shapesOf } from '../target/represent.ts';
import { loadTarget, type Setting } from '../target/target.ts';
import { loadTeacher } from '../target/teacher.ts';

/** What is known of the files that a sweep reads: their contents by cell id, or what is wrong with them. */
export interface Inputs {
  hashes: Map<string, InputHashes>;
  diagnostics: Diagnostic[];
  /** What is to be told of files that are taken as they are. */
  notes: string[];
}

/**
 * Reads, checks and hashes everything that the cells' runs will read, before any of them runs: a sweep that lacks a
 * file is refused at once, as a whole, with the place in the spec that asks for it. What many cells share is read
 * once.
 */
export async function checkInputs(sweep: Sweep): Promise<Inputs> {
  const known = new Map<string, Promise<string | Failure>>();
  const hashes = new Map<string, InputHashes>();
  const diagnostics: Diagnostic[] = [];
  const notes: string[] = [];
  for (const cell of sweep.cells) {
    const found: Record<string, string> = {};
    for (const { role, path, name, check } of inputsOf(cell, sweep.folder, note => notes.push(note))) {
      const checked = known.get(name) ?? check().catch(expected);
      known.set(name, checked);
      const result = await checked;
      if (result instanceof Failure) diagnostics.push(diagnosticOf(result, sweep, path, cell));
      else found[role] = result;
    }
    hashes.set(cell.id, found);
  }
  return { hashes, diagnostics: tidy(diagnostics), notes };
}

/** One thing that a cell's runs read. */
interface Input {
  /** `weights`, `teacher`, `permutation`, `train`, `test`; of phase i `images:i` and `predictor:i`. */
  role: string;
  /** The setting that asks for it. */
  path: string;
  /** The same for what is the same. */
  name: string;
  /** Reads it and returns the hash of its content. Throws a Failure. */
  check: () => Promise<string>;
}

function inputsOf({ configuration }: Cell, specFolder: string, tell: (note: string) => void): Input[] {
  const { target, evaluate, select, baseline } = configuration;
  const phases = baseline ? [] : phasesOf(configuration);
  const isSelected =
    configuration.progressive.rounds > 1 || phases.some(({ start }) => start === 'best-of-seeds');
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
    name: `weights ${canonicalJson({ target, baseline })} ${taskNamed(configuration)} ${dataRoot(configuration, specFolder)}`,
    check: async () => {
      const { sha256, network } = await loadTarget(configuration, specFolder);
      if (!baseline) refuseNothingToRepresent(network, configuration);
      return target.from === undefined ? sha256 : keyOfRun(target.from, configuration);
    },
  };
  return [
    weights,
    ...(target.train === undefined ? [] : trainingOfTarget(target.train, configuration, specFolder, tell)),
    ...(baseline ? [] : teacherToLearnFrom(configuration, specFolder)),
    ...(baseline ? [] : permutationGiven(configuration, specFolder)),
    ...[...new Set(measured)].map(split => imagesInput(split, split, configuration, specFolder, tell)),
    ...phases.flatMap(({ configuration: training }, i) => [
      ...(distils(training)
        ? [
            imagesInput(
              `images:${i}`,
              distilsOnTask(training) ? 'train' : 'source',
              training,
              specFolder,
              tell,
            ),
          ]
        : []),
      ...predictorToBeginWith(`predictor:${i}`, training, specFolder),
    ]),
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
function taskNamed({ target: { dataset }, data: { classes, size, arrays, folder } }: Configuration): string {
  return canonicalJson({ dataset, classes, size, arrays, folder });
}

/** The key of the run whose network is the target. Throws a Failure when it is another network, or of other classes. */
async function keyOfRun(from: NonNullable<Configuration['target']['from']>, { target }: Configuration) {
  const { name, configuration, result } = await findTargetRun(from);
  const [theirs, ours] = [configuration.target, target].map(({ network, dataset }) =>
    canonicalJson({ network, dataset }),
  );
  if (theirs === ours) return result.key;
  throw new Failure(
    'checkpoint',
    `Expected ${name} to represent ${ours}, got ${theirs}`,
    '`target.network` and `target.dataset` are those of the sweep that the network is from.',
  );
}

function teacherToLearnFrom(
  configuration: Configuration,
  specFolder: string,
  setting: Setting = 'teacher',
): Input[] {
  const { teacher } = configuration;
  if (teacher === 'none') return [];
  const root = dataRoot(configuration, specFolder);
  return [
    {
      role: 'teacher',
      path: `${setting}.weights`,
      name: `teacher ${canonicalJson(teacher)} ${taskNamed(configuration)} ${root}`,
      check: async () => (await loadTeacher(configuration, specFolder, setting))!.sha256,
    },
  ];
}

function permutationGiven(configuration: Configuration, specFolder: string): Input[] {
  const { mode, file } = permutationOf(configuration);
  if (file === undefined) return [];
  const check = async () => {
    const path = await locateFile(configuration, 'permutation.file', file, specFolder);
    return (await readGivenPermutation(path, mode, await loadTarget(configuration, specFolder))).sha256;
  };
  const root = dataRoot(configuration, specFolder);
  const name = `permutation ${canonicalJson({ target: configuration.target, mode, file })} ${taskNamed(configuration)} ${root}`;
  return [{ role: 'permutation', path: 'permutation.file', name, check }];
}

/** What a target is trained on: images, how many they are, and the teacher's weights. */
function trainingOfTarget(
  { teacher }: Recipe,
  configuration: Configuration,
  specFolder: string,
  tell: (note: string) => void,
): Input[] {
  const images = imagesInput('original', 'train', configuration, specFolder, tell);
  const count = async () => String((await openImages(configuration, specFolder, 'train')).count);
  const own = teacherToLearnFrom({ ...configuration, teacher }, specFolder, 'target.train.teacher');
  return [
    images,
    { ...images, role: 'original-count', name: `count ${images.name}`, check: count },
    ...own.map(input => ({ ...input, role: 'original-teacher' })),
  ];
}

function imagesInput(
  role: string,
  which: Looked | 'source',
  configuration: Configuration,
  specFolder: string,
  tell: (note: string) => void,
): Input {
  const { target, data, ood } = configuration;
  return {
    role,
    path: settingOf(which, configuration),
    name: `${which} ${target.dataset} ${canonicalJson({ data, ood })} ${dataRoot(configuration, specFolder)}`,
    check: () =>
      which === 'ood'
        ? oodSha256(configuration, specFolder, tell)
        : imagesSha256(configuration, specFolder, which, tell),
  };
}

/** The setting that asks for images. */
function settingOf(which: Looked | 'source', { data, ood }: Configuration): string {
  if (which === 'source') return 'data.source';
  if (which === 'ood') return ood.set === undefined ? 'evaluate' : 'ood.set';
  return data.root === undefined ? 'target.dataset' : 'data.root';
}

function predictorToBeginWith(role: string, configuration: Configuration, specFolder: string): Input[] {
  const { target, predictor } = configuration;
  const { init, ...sizes } = predictor;
  if (init.method !== 'checkpoint') return [];
  const check = async () => {
    const { network } = await loadTarget(configuration, specFolder);
    const shapes = shapesOf(network, configuration);
    return (await readInitial(configuration, init.file, specFolder, shapes)).sha256;
  };
  const root = dataRoot(configuration, specFolder);
  const name = `predictor ${canonicalJson({ target, sizes, init })} ${taskNamed(configuration)} ${root}`;
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
