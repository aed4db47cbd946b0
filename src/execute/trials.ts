import { constants, copyFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashOf } from '../canonical-json.ts';
import type { RunResult } from '../contract/result.ts';
import { parseResult, resultFile } from '../contract/result-file.ts';
import { Failure } from '../failure.ts';
import { makeFolder, replaceAtomic, syncFile, writeAtomic, writeJsonAtomic } from '../files/atomic.ts';
import type { Plan } from '../plan/plan.ts';
import { writePlan } from '../plan/plan-file.ts';
import { runKey } from '../plan/run.ts';
import type { Sweep } from '../spec/sweep.ts';
import { type SetAside, setAside } from '../store/store.ts';
import { type Origin, originFile } from '../target/finished-run.ts';

/** The folder of one run inside the sweep's folder. */
export function runDirectory(folder: string, run: string): string {
  return join(folder, 'trials', run);
}

/**
 * Makes the sweep's folder with the spec as given, where it was given, and the plan. Throws a Failure of kind
 * 'environment' when the folder cannot be written.
 */
export async function prepareFolder(
  folder: string,
  spec: Pick<Sweep, 'name' | 'text' | 'folder'>,
  plan: Plan,
  tool: string,
): Promise<void> {
  await writeAtomic(join(folder, 'spec.yaml'), spec.text);
  await writeJsonAtomic(join(folder, originFile), { folder: spec.folder } satisfies Origin);
  await writePlan(folder, plan, spec.name, tool);
  await makeFolder(join(folder, 'trials'));
}

/** Writes a run's result in one step, after the files beside it: where it is, the run is complete. */
export async function writeResult(
  directory: string,
  result: RunResult,
  files: ReadonlyMap<string, string>,
): Promise<void> {
  for (const [name, source] of files) await publish(source, join(directory, name));
  await writeJsonAtomic(join(directory, resultFile), { ...result, checksum: hashOf(result) });
}

/** A copy, which shares its blocks with the original where the file system can; whole or not at all. */
function publish(source: string, file: string): Promise<void> {
  return replaceAtomic(file, async temporary => {
    await copyFile(source, temporary, constants.COPYFILE_FICLONE);
    await syncFile(temporary);
  });
}

/** The results of the runs that are complete; what must not count is set aside. */
export async function readResults(
  folder: string,
  { runs }: Plan,
  setAsideTold: SetAside,
): Promise<Map<string, RunResult>> {
  const results = new Map<string, RunResult>();
  // A look at the folders first: most runs of a new sweep have none.
  const cells = new Set(await readdir(join(folder, 'trials')).catch(() => []));
  for (const one of runs) {
    if (!cells.has(one.cell.id)) continue;
    const result = await readResult(runDirectory(folder, one.run), runKey(one), setAsideTold);
    if (result !== undefined) results.set(one.run, result);
  }
  return results;
}

/**
 * Reads a run's result back. It counts if its checksum holds (then it is what `writeResult` wrote, so its shape
 * needs no second check) and its key is the planned one; otherwise it is set aside under another name.
 */
export async function readResult(
  directory: string,
  key: string,
  setAsideTold: SetAside,
): Promise<RunResult | undefined> {
  const file = join(directory, resultFile);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new Failure('environment', `Expected ${file} to be readable, got \`${message}\``);
  }
  const result = parseResult(text);
  if (result?.key === key) return result;
  if (result === undefined) setAsideTold(await setAside(file, 'damaged'), 'its checksum does not fit');
  else setAsideTold(await setAside(file, 'other'), 'it was computed from other inputs');
  return undefined;
}
