import { access } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Failure } from '../failure.ts';
import type { Configuration } from '../spec/configuration.ts';
import type { RunResult } from '../stages/result.ts';
import { readWritten } from './trials.ts';

/** A run that is complete, as it lies in its sweep's folder. */
export interface FinishedRun {
  /** `<sweep>/<cell>/seed-<seed>` */
  readonly name: string;
  readonly directory: string;
  readonly configuration: Configuration;
  readonly result: RunResult;
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
  return { name, directory, configuration: result.configuration, result };
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
