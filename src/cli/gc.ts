import { relative, resolve } from 'node:path';
import { collectGarbage, takeInventory } from '../run/garbage.ts';
import type { Options } from './options.ts';
import { formatBytes } from './screen.ts';

/** Lists what no sweep of a folder needs any more, and removes it when told to. Returns the exit code. */
export async function gc({ out, delete: remove, verbose, json }: Options): Promise<number> {
  const runs = resolve(out);
  const inventory = await takeInventory(runs);
  const { objects, sweeps, garbage } = inventory;
  const bytes = garbage.reduce((sum, one) => sum + one.bytes, 0);
  const freed = remove ? await collectGarbage(runs, garbage) : 0;
  if (json) {
    process.stdout.write(`${JSON.stringify({ ...inventory, bytes, freed })}\n`);
    return 0;
  }
  const place = relative('', runs) || '.';
  if (verbose)
    for (const one of garbage) process.stdout.write(`${relative('', one.path)}  ${formatBytes(one.bytes)}\n`);
  const found = `${garbage.length} of ${objects} objects needed by none of ${sweeps} sweeps, ${formatBytes(bytes)}`;
  process.stdout.write(`${place}: ${found}\n`);
  if (remove) process.stdout.write(`Removed ${formatBytes(freed)}.\n`);
  else if (garbage.length > 0) process.stdout.write('Nothing was touched: --delete removes them.\n');
  return 0;
}
