import { relative, resolve } from 'node:path';
import { collectGarbage, type Garbage, takeInventory } from '../../store/garbage.ts';
import type { Options } from '../command.ts';
import { print } from '../output.ts';
import { formatBytes } from '../screen.ts';

/** Lists what no sweep of a folder needs any more, and removes it when told to. Returns the exit code. */
export async function gc({ out, delete: remove, verbose, json }: Options): Promise<number> {
  const runs = resolve(out);
  const inventory = await takeInventory(runs);
  const { objects, sweeps, garbage } = inventory;
  const bytes = garbage.reduce((sum, one) => sum + one.bytes, 0);
  const freed = remove ? await collectGarbage(runs, garbage) : 0;
  if (json) {
    print(`${JSON.stringify({ ...inventory, bytes, freed })}\n`);
    return 0;
  }
  const place = relative('', runs) || '.';
  if (verbose) for (const one of garbage) print(`${relative('', one.path)}  ${formatBytes(one.bytes)}\n`);
  const count = (kind: Garbage['what']) => garbage.filter(({ what }) => what === kind).length;
  const work = count('work') > 0 ? ` and ${count('work')} begun stages` : '';
  const told = (kind: Garbage['what'], words: string) => (count(kind) > 0 ? [`${count(kind)} ${words}`] : []);
  const found = [
    `${count('object')} of ${objects} objects${work} needed by none of ${sweeps} sweeps`,
    ...told('attempt', 'killed attempts at stages that are done'),
    ...told('lock', 'locks of runners that are gone'),
    ...told('remains', 'remains of writes that were killed'),
    formatBytes(bytes),
  ];
  print(`${place}: ${found.join(', ')}\n`);
  if (remove) print(`Removed ${formatBytes(freed)}.\n`);
  else if (garbage.length > 0) print('Nothing was touched: --delete removes them.\n');
  return 0;
}
