import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { betterBy } from '../catalogue/measures.ts';
import { exists } from '../contract/placed.ts';
import type { RunResult } from '../contract/result.ts';
import { readWritten } from '../contract/result-file.ts';
import { Failure } from '../failure.ts';
import type { Configuration } from '../spec/configuration.ts';
import { matcherOf } from '../spec/glob.ts';

/** A run that is complete, as it lies in its sweep's folder. */
export interface FinishedRun {
  /** `<sweep>/<cell>/seed-<seed>` */
  readonly name: string;
  readonly directory: string;
  /** The folder that its spec was in, for the files that it names; the working directory where that is not known. */
  readonly specFolder: string;
  readonly configuration: Configuration;
  readonly result: RunResult;
}

/** The file in a sweep's folder that tells where its spec was given. */
export const originFile = 'origin.json';

export interface Origin {
  /** Of the spec, absolute. */
  readonly folder: string;
}

/**
 * The finished run that `name` means: its folder, or `<sweep>/<cell>/seed-<seed>` below the folder of all sweeps. Throws
 * a Failure of kind 'spec' when there is no such run or it is not complete.
 */
export async function findRun(name: string, out: string): Promise<FinishedRun> {
  const [sweep = '', ...run] = name.split('/');
  const candidates = [resolve(name), resolve(out, sweep, 'trials', ...run)];
  for (const directory of candidates) {
    if (await exists(join(directory, 'result.json'))) return readRun(directory);
  }
  throw new Failure(
    'spec',
    `Expected a finished run, found no result.json in ${candidates.join(' or ')}`,
    "Give a run's folder, as in runs/<sweep>/trials/<cell>/seed-0, or <sweep>/<cell>/seed-0.",
  );
}

type TargetFrom = NonNullable<Configuration['target']['from']>;

/**
 * The finished run that a spec's `target.from` means: the only cell of the sweep, or the one that its pattern fits, and of
 * its seeds the one that is named, or the best. Throws a Failure of kind 'checkpoint' when there is none.
 */
export async function findTargetRun({ sweep, cell, seed, measure }: TargetFrom): Promise<FinishedRun> {
  const trials = resolve(sweep, 'trials');
  const cells = (await readdir(trials).catch(() => [])).sort();
  const fits = cell === undefined ? () => true : matcherOf(cell);
  const fitting = cells.filter(fits);
  if (fitting.length !== 1) {
    const wanted = cell === undefined ? 'one cell' : `one cell that fits \`${cell}\``;
    throw new Failure(
      'checkpoint',
      `Expected ${trials} to hold ${wanted}, found ${fitting.length}`,
      cells.length === 0
        ? 'Run that sweep first, or name the folder `runs/<name>`.'
        : `Its cells are ${cells.join(', ')}.`,
    );
  }
  const folder = join(trials, fitting[0]!);
  const names = (await readdir(folder)).filter(name => seed === undefined || name === `seed-${seed}`);
  const runs = (
    await Promise.all(names.map(name => readRun(join(folder, name)).catch(() => undefined)))
  ).filter(run => run !== undefined);
  const measured = runs.filter(({ result }) => result.metrics[measure] !== undefined);
  const candidates = seed === undefined ? measured : runs;
  if (candidates.length === 0) {
    const what =
      seed === undefined ? `a finished run with the measure ${measure}` : `a finished seed ${seed}`;
    throw new Failure(
      'checkpoint',
      `Expected ${folder} to hold ${what}, found none`,
      'Run that sweep to its end.',
    );
  }
  const valueIn = ({ result }: FinishedRun) => result.metrics[measure]?.value ?? 0;
  const isBetter = betterBy(measure);
  return candidates
    .sort((a, b) => a.result.seed - b.result.seed)
    .reduce((best, run) => (isBetter(valueIn(run), valueIn(best)) ? run : best));
}

async function readRun(directory: string): Promise<FinishedRun> {
  const cell = dirname(directory);
  const sweep = dirname(dirname(cell));
  const result = await readWritten(directory);
  if (result === undefined) {
    throw new Failure(
      'spec',
      `Expected ${directory} to hold the result of a run, got a damaged one`,
      'Run its sweep again: what is damaged is computed anew.',
    );
  }
  const name = `${basename(sweep)}/${basename(cell)}/${basename(directory)}`;
  const specFolder = await readOrigin(sweep);
  return { name, directory, specFolder, configuration: result.configuration, result };
}

/** Sweeps of earlier versions have no such file, and one that is damaged tells no more than none. */
async function readOrigin(sweep: string): Promise<string> {
  const text = await readFile(join(sweep, originFile), 'utf8').catch(() => '{}');
  try {
    const { folder } = JSON.parse(text) as Partial<Origin>;
    return typeof folder === 'string' ? folder : '';
  } catch {
    return '';
  }
}
