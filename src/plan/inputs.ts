import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import type { Cell, Sweep } from '../spec/sweep.ts';

/** sha256 of the content of each file that a cell's runs read, by the file's role. */
export type InputHashes = Readonly<Record<string, string>>;

/**
 * The content hashes of the files that each cell reads, by cell id; a file shared by many cells is read once.
 * A file that cannot be read has no hash here: the run that needs it says what is wrong with it.
 */
export async function hashInputs(sweep: Sweep): Promise<Map<string, InputHashes>> {
  const hashes = new Map<string, Promise<string | undefined>>();
  const hashOnce = (file: string) => {
    const known = hashes.get(file) ?? hashFile(file);
    hashes.set(file, known);
    return known;
  };
  const entries = sweep.cells.map(async (cell): Promise<[string, InputHashes]> => {
    for (const file of weightsCandidates(cell, sweep.folder)) {
      const weights = await hashOnce(file);
      if (weights !== undefined) return [cell.id, { weights }];
    }
    return [cell.id, {}];
  });
  return new Map(await Promise.all(entries));
}

/** Where a cell's weights file may lie, in the order of preference; nothing for the embedded weights. */
function weightsCandidates(cell: Cell, specFolder: string): string[] {
  const { weights } = cell.configuration.target;
  if (weights === 'embedded') return [];
  if (isAbsolute(weights)) return [weights];
  const root = cell.configuration.data.root ?? process.env.NERN_SWEEP_DATA ?? 'data';
  return [resolve(specFolder, weights), resolve(specFolder, root, weights)];
}

async function hashFile(file: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk);
    return hash.digest('hex');
  } catch {
    return undefined;
  }
}
