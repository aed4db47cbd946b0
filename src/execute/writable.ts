import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Stage } from '../contract/stage.ts';
import { requireWritable } from '../files/atomic.ts';
import { objectFolder } from '../files/object.ts';
import { workFolder } from '../files/work-folder.ts';
import type { PlannedRun } from '../plan/run.ts';
import { locksFolder } from '../store/lock.ts';
import { storeFolder } from '../store/store.ts';
import { runDirectory } from './trials.ts';

/**
 * Looks, before anything is trained, whether what the stages and the runs leave behind can be written where it belongs.
 * Throws a Failure of kind 'environment' that names the first folder where it cannot.
 */
export async function requireRoom(
  { name, runs }: { readonly name: string; readonly runs: string },
  pending: readonly PlannedRun[],
  stages: readonly Stage[],
): Promise<void> {
  const sweep = join(runs, name);
  await requireWritable(join(sweep, 'trials'));
  const store = storeFolder(runs);
  if (stages.length > 0)
    for (const folder of [store, join(store, 'work'), locksFolder(store)]) await requireWritable(folder);
  // Those that are not there yet are made in what was looked at.
  const known = [
    join(sweep, 'tables'),
    ...pending.map(({ run }) => runDirectory(sweep, run)).flatMap(run => [dirname(run), run]),
    ...stages.flatMap(({ key }) => [dirname(objectFolder(store, key)), workFolder(store, key)]),
  ];
  for (const folder of new Set(known)) if (await isThere(folder)) await requireWritable(folder);
}

const isThere = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
