import { canonicalJson } from '../canonical-json.ts';
import { Failure } from '../failure.ts';
import type { InputHashes } from '../plan/key.ts';
import type { Cell } from '../spec/cell.ts';
import type { Configuration } from '../spec/configuration.ts';
import { type Diagnostic, tidy } from '../spec/diagnostic.ts';
import type { Sweep } from '../spec/sweep.ts';
import { imagesRead, imagesSha256 } from '../stages/images.ts';
import { readInitial } from '../stages/initial.ts';
import { dataRoot } from '../stages/locate.ts';
import { shapesOf } from '../stages/represent.ts';
import { loadTarget } from '../stages/target.ts';
import { loadTeacher } from '../stages/teacher.ts';

/** What is known of the files that a sweep reads: their contents by cell id, or what is wrong with them. */
export interface Inputs {
  hashes: Map<string, InputHashes>;
  diagnostics: Diagnostic[];
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
  for (const cell of sweep.cells) {
    const found: Record<string, string> = {};
    for (const { role, path, name, check } of inputsOf(cell, sweep.folder)) {
      const checked = known.get(name) ?? check().catch(expected);
      known.set(name, checked);
      const result = await checked;
      if (result instanceof Failure) diagnostics.push(diagnosticOf(result, sweep, path, cell));
      else found[role] = result;
    }
    hashes.set(cell.id, found);
  }
  return { hashes, diagnostics: tidy(diagnostics) };
}

/** One thing that a cell's runs read. */
interface Input {
  role: 'weights' | 'teacher' | 'predictor' | 'train' | 'test' | 'source';
  /** The setting that asks for it. */
  path: string;
  /** The same for what is the same. */
  name: string;
  /** Reads it and returns the hash of its content. Throws a Failure. */
  check: () => Promise<string>;
}

function inputsOf({ configuration }: Cell, specFolder: string): Input[] {
  const { target, data } = configuration;
  const root = dataRoot(configuration, specFolder);
  const images = (split: 'train' | 'test' | 'source'): Input => ({
    role: split,
    path: split === 'source' ? 'data.source' : data.root === undefined ? 'target.dataset' : 'data.root',
    name: `${split} ${target.dataset} ${canonicalJson(data)} ${root}`,
    check: () => imagesSha256(configuration, specFolder, split),
  });
  const isRead = imagesRead(configuration);
  const splits = (['train', 'source', 'test'] as const).filter(split => isRead[split]);
  const weights: Input = {
    role: 'weights',
    path: 'target.weights',
    name: `weights ${canonicalJson(target)} ${root}`,
    check: async () => (await loadTarget(configuration, specFolder)).sha256,
  };
  return [
    weights,
    ...teacherToLearnFrom(configuration, specFolder),
    ...predictorToBeginWith(configuration, specFolder),
    ...splits.map(images),
  ];
}

function teacherToLearnFrom(configuration: Configuration, specFolder: string): Input[] {
  const { teacher, target } = configuration;
  if (teacher === 'none') return [];
  const root = dataRoot(configuration, specFolder);
  return [
    {
      role: 'teacher',
      path: 'teacher.weights',
      name: `teacher ${canonicalJson({ teacher, dataset: target.dataset })} ${root}`,
      check: async () => (await loadTeacher(configuration, specFolder))!.sha256,
    },
  ];
}

function predictorToBeginWith(configuration: Configuration, specFolder: string): Input[] {
  const { target, predictor } = configuration;
  const { init, ...sizes } = predictor;
  if (init.method !== 'checkpoint') return [];
  const check = async () => {
    const { network } = await loadTarget(configuration, specFolder);
    const shapes = shapesOf(network, configuration);
    return (await readInitial(configuration, init.file, specFolder, shapes)).sha256;
  };
  const root = dataRoot(configuration, specFolder);
  const name = `predictor ${canonicalJson({ target, sizes, init })} ${root}`;
  return [{ role: 'predictor', path: 'predictor.init.file', name, check }];
}

function expected(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}

function diagnosticOf({ message, hint }: Failure, sweep: Sweep, path: string, cell: Cell): Diagnostic {
  const rest = hint === undefined ? {} : { hint };
  return { code: 'file-rejected', message, ...rest, ...sweep.locate(path, cell) };
}
