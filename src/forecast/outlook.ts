import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../canonical-json.ts';
import type { SelectionRecord } from '../contract/result.ts';
import type { Stage } from '../contract/stage.ts';
import { workFolder } from '../files/work-folder.ts';
import type { EarlierRun } from '../plan/explain.ts';
import { readPlan } from '../plan/frozen-plan.ts';
import type { Plan } from '../plan/plan.ts';
import { planFile } from '../plan/plan-file.ts';
import type { PlannedRun } from '../plan/run.ts';
import type { Store } from '../store/store.ts';
import { failureFile, logFile } from '../store/work.ts';

/** What the plan says of a stage: `cached` and `left-out` need no work, all others are to be done, and why. */
export type Prospect =
  | { readonly state: 'cached' | 'left-out' | 'new' | 'changed' | 'interrupted' }
  | { readonly state: 'failed'; readonly message: string };

/** What an earlier plan of the same sweep had, by the values of its cells. */
export interface EarlierPlan {
  /** The keys of all its stages. */
  readonly stages: ReadonlySet<string>;
  run(run: PlannedRun): EarlierRun | undefined;
}

/** What is known of a stage before anything is executed. */
export type ProspectOf = (stage: Stage) => Prospect;

/** Reads names of files, and what failed attempts and selections left; then it answers for any stage of the plan. */
export async function prospects(
  { stages }: Plan,
  store: Store,
  earlier: EarlierPlan | undefined,
): Promise<ProspectOf> {
  const attempts = new Map<string, Prospect>();
  for (const key of await readdir(join(store.folder, 'work')).catch(() => [])) {
    const attempt = stages.has(key) ? await attempted(workFolder(store.folder, key)) : undefined;
    if (attempt !== undefined) attempts.set(key, attempt);
  }
  const ended = new Set<string>();
  for (const { kind, key } of stages.values()) {
    if (kind !== 'selection' || !store.lists(key)) continue;
    const selection = await store.read(key);
    if (selection && !(selection.record as SelectionRecord).gain) ended.add(key);
  }
  /** Also after a round that is itself left out. */
  const isOut = (unless: string | undefined): boolean =>
    unless !== undefined && (ended.has(unless) || isOut(stages.get(unless)?.unless));
  return ({ key, unless }) => {
    if (store.lists(key)) return states.cached;
    if (isOut(unless)) return states.leftOut;
    return attempts.get(key) ?? (earlier && !earlier.stages.has(key) ? states.changed : states.new);
  };
}

const states = {
  cached: { state: 'cached' },
  leftOut: { state: 'left-out' },
  new: { state: 'new' },
  changed: { state: 'changed' },
} as const;

/** Undefined where nothing was left to go on with; what was printed is kept also of a stage that was done. */
async function attempted(folder: string): Promise<Prospect | undefined> {
  try {
    const { kind, message } = JSON.parse(await readFile(join(folder, failureFile), 'utf8'));
    return { state: 'failed', message: `${kind}: ${message}` };
  } catch {
    const names = await readdir(folder).catch(() => []);
    return names.some(name => name !== logFile) ? { state: 'interrupted' } : undefined;
  }
}

/** The plan of the last call, from the sweep's folder; undefined where there is none that can be read. */
export async function readEarlierPlan(folder: string): Promise<EarlierPlan | undefined> {
  const plan = await readPlan(join(folder, planFile)).catch(() => undefined);
  if (plan === undefined) return undefined;
  const cells = new Map<string, { values: string; seeds: number[] } & EarlierRun>();
  for (const { cell, inputs, seed } of plan.runs) {
    const { values, configuration } = cell;
    const known = cells.get(cell.id);
    if (known !== undefined) known.seeds.push(seed);
    else
      cells.set(cell.id, {
        values: canonicalJson(values),
        configuration,
        inputs: inputs.hashes,
        seeds: [seed],
      });
  }
  const byValues = new Map([...cells.values()].map(cell => [cell.values, cell]));
  return {
    stages: new Set(plan.stages.keys()),
    run: ({ cell }) => cells.get(cell.id) ?? byValues.get(canonicalJson(cell.values)),
  };
}
