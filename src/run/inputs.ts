import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { canonicalJson } from '../canonical-json.ts';
import { proceduralSha256 } from '../data/procedural.ts';
import { Failure } from '../failure.ts';
import type { InputHashes } from '../plan/plan.ts';
import type { Cell } from '../spec/cell.ts';
import { type Diagnostic, tidy } from '../spec/diagnostic.ts';
import type { Sweep } from '../spec/sweep.ts';
import { distils, loadImages } from '../stages/images.ts';
import { dataRoot, weightsFile } from '../stages/locate.ts';
import { loadTarget } from '../stages/target.ts';

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
  role: 'weights' | 'train' | 'test';
  /** The setting that asks for it. */
  path: string;
  /** The same for what is the same. */
  name: string;
  /** Reads it and returns the hash of its content. Throws a Failure. */
  check: () => Promise<string>;
}

function inputsOf({ configuration }: Cell, specFolder: string): Input[] {
  const { target, data, evaluate } = configuration;
  const root = dataRoot(configuration, specFolder);
  const checkTarget = async () => {
    await loadTarget(configuration, specFolder);
    return hashFile(await weightsFile(configuration, specFolder));
  };
  // The images are hashed, not their files: the binary and the python version of a data set are the same data.
  const checkImages = (split: 'train' | 'test') => async () => {
    if (target.dataset === 'procedural') return proceduralSha256[split];
    const { pixels, labels } = await loadImages(configuration, specFolder, split);
    return createHash('sha256').update(pixels).update(labels).digest('hex');
  };
  const images = (split: 'train' | 'test'): Input => ({
    role: split,
    path: data.root === undefined ? 'target.dataset' : 'data.root',
    name: `${split} ${target.dataset} ${data[split] ?? 'all'} ${root}`,
    check: checkImages(split),
  });
  const isRead = { train: distils(configuration), test: evaluate.includes('accuracy') };
  const splits = (['train', 'test'] as const).filter(split => isRead[split]);
  const weights: Input = {
    role: 'weights',
    path: 'target.weights',
    name: `weights ${canonicalJson(target)} ${root}`,
    check: checkTarget,
  };
  return [weights, ...splits.map(images)];
}

function expected(error: unknown): Failure {
  if (error instanceof Failure) return error;
  throw error;
}

function diagnosticOf({ message, hint }: Failure, sweep: Sweep, path: string, cell: Cell): Diagnostic {
  const rest = hint === undefined ? {} : { hint };
  return { code: 'file-rejected', message, ...rest, ...sweep.locate(path, cell) };
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}
