import { access, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { hashOf } from '../canonical-json.ts';
import { Failure } from '../failure.ts';
import { makeFolder, writeAtomic, writeJsonAtomic } from '../files/atomic.ts';
import type { PlannedRun } from '../plan/plan.ts';
import type { RunResult } from '../stages/result.ts';

/** What the store holds for a run. A result that must not count is renamed, never deleted. */
export type StoredResult =
  | { state: 'complete'; result: RunResult }
  | { state: 'absent' }
  | { state: 'set-aside'; file: string; reason: string };

const resultFile = 'result.json';

/** The folder of one run inside the sweep's folder. */
export function runDirectory(folder: string, run: string): string {
  return join(folder, 'trials', run);
}

/**
 * Makes the sweep's folder with the spec as given and the plan, one run a line.
 * Throws a Failure of kind 'environment' when the folder cannot be written.
 */
export async function prepareFolder(
  folder: string,
  spec: string,
  plan: readonly PlannedRun[],
): Promise<void> {
  const lines = plan.map(({ run, cell, seed, key }) =>
    JSON.stringify({ run, cell: cell.id, seed, key, values: cell.values, configuration: cell.configuration }),
  );
  await writeAtomic(join(folder, 'spec.yaml'), spec);
  await writeAtomic(join(folder, 'plan.jsonl'), `${lines.join('\n')}\n`);
  await makeFolder(join(folder, 'trials'));
}

/** Writes a run's result in one step, as the last thing the run does: where the file is, the run is complete. */
export async function writeResult(directory: string, result: RunResult): Promise<void> {
  await writeJsonAtomic(join(directory, resultFile), { ...result, checksum: hashOf(result) });
}

/**
 * Reads a run's result back. It counts if its checksum holds (then it is what `writeResult` wrote, so its shape
 * needs no second check) and its key is the planned one; otherwise it is set aside under another name.
 */
export async function readResult(directory: string, key: string): Promise<StoredResult> {
  const file = join(directory, resultFile);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { state: 'absent' };
    throw new Failure('environment', `Expected ${file} to be readable, got \`${(error as Error).message}\``);
  }
  const result = parseResult(text);
  if (result?.key === key) return { state: 'complete', result };
  return result === undefined
    ? { state: 'set-aside', file: await setAside(file, 'damaged'), reason: 'its checksum does not fit' }
    : {
        state: 'set-aside',
        file: await setAside(file, 'other'),
        reason: 'it was computed from other inputs',
      };
}

/** The result in the text, or undefined when its checksum does not fit its content. */
function parseResult(text: string): RunResult | undefined {
  try {
    const { checksum, ...result } = JSON.parse(text) as RunResult & { checksum: unknown };
    return checksum === hashOf(result) && result.schemaVersion === 1 ? result : undefined;
  } catch {
    return undefined;
  }
}

async function setAside(file: string, label: string): Promise<string> {
  for (let n = 1; ; n++) {
    const name = `${file}.${label}-${n}`;
    const taken = await access(name).then(
      () => true,
      () => false,
    );
    if (taken) continue;
    await rename(file, name);
    return name;
  }
}
