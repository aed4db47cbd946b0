import { resolve } from 'node:path';
import type { CellInputs, InputHashes } from '../../src/contract/inputs.ts';
import { type Placed, place } from '../../src/contract/placed.ts';
import { createLocate } from '../../src/inputs/locate.ts';
import type { Cell } from '../../src/spec/cell.ts';
import type { Configuration } from '../../src/spec/configuration.ts';
import type { Sweep } from '../../src/spec/sweep.ts';

/** A configuration with its files where they are, for a spec in `folder`. */
export const placedIn = async (folder: string, configuration: Configuration): Promise<Placed> =>
  place(configuration, (await createLocate(resolve(folder))(configuration)).files, undefined);

/** The inputs of a cell whose files nobody looks for, with these contents. */
export function assumed({ configuration }: Pick<Cell, 'configuration'>, hashes: InputHashes): CellInputs {
  const files = { 'data.root': '/data' };
  return { hashes, files, run: undefined, placed: place(configuration, files, undefined) };
}

/** Those of all cells, by their ids. */
export const assumedOf = ({ cells }: Pick<Sweep, 'cells'>, hashes: InputHashes) =>
  new Map(cells.map(cell => [cell.id, assumed(cell, hashes)]));
