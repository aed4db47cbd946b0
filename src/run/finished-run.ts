import { access, readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Failure } from '../failure.ts';
import type { Configuration } from '../spec/configuration.ts';
import type { RunResult } from '../stages/result.ts';
import { readResult } from './store.ts';

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
  const run = `${basename(cell)}/${basename(directory)}`;
  const plan = await readFile(join(sweep, 'plan.jsonl'), 'utf8').catch(() => '');
  const line = plan
    .split('\n')
    .filter(text => text !== '')
    .map(text => JSON.parse(text) as { run: string; key: string; configuration: Configuration })
    .find(planned => planned.run === run);
  const stored = line && (await readResult(directory, line.key));
  if (line === undefined || stored?.state !== 'complete') {
    throw new Failure(
      'spec',
      `Expected ${directory} to be a run of the plan in ${sweep}, found it is not`,
      'Run its sweep again: what is complete is kept.',
    );
  }
  const { configuration } = line;
  return { name: `${basename(sweep)}/${run}`, directory, configuration, result: stored.result };
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
