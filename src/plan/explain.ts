import { isDeepStrictEqual } from 'node:util';
import type { InputHashes, Role } from '../contract/inputs.ts';
import { place } from '../contract/placed.ts';
import type { Configuration } from '../spec/configuration.ts';
import { isMapping, valueAt, withValue } from '../spec/pointer.ts';
import type { Plan } from './plan.ts';
import type { PlannedRun } from './run.ts';
import { stagesOfCell } from './stages-of-cell.ts';

/** A run as an earlier plan had it. */
export interface EarlierRun {
  readonly configuration: Configuration;
  readonly inputs: InputHashes;
  readonly seeds: readonly number[];
}

/** A setting, the content of an input, or the seeds, that differ from an earlier plan's. */
export interface Change {
  readonly what: string;
  readonly from: unknown;
  readonly to: unknown;
}

/**
 * For each stage of a run that has another key than it would have had with what an earlier plan had: the differences
 * that matter to it. Each is found by taking it back alone and looking whether the key changes.
 */
export function changesOf(plan: Plan, run: PlannedRun, earlier: EarlierRun): Map<string, Change[]> {
  const { configuration } = run.cell;
  const seeds = plan.runs.filter(({ cell }) => cell === run.cell).map(({ seed }) => seed);
  const now = { configuration, inputs: run.inputs.hashes, seeds };
  const found = new Map<string, Change[]>();
  for (const { change, without } of differences(now, earlier)) {
    const others = keysOf(run, without);
    for (const key of run.stages) {
      if (others.has(key)) continue;
      found.set(key, [...(found.get(key) ?? []), change]);
    }
  }
  return found;
}

/** The keys of a run's stages if it had this. */
function keysOf(
  { cell, seed, inputs: { files, run } }: PlannedRun,
  { configuration, inputs: hashes, seeds }: EarlierRun,
): Set<string> {
  const inputs = { hashes, files, run, placed: place(configuration, files, run) };
  const plans = stagesOfCell({ ...cell, configuration }, seeds, inputs, new Map());
  return new Set(plans.find(plan => plan.seed === seed)?.stages ?? []);
}

function differences(now: EarlierRun, earlier: EarlierRun) {
  const settings = [...changedPaths(earlier.configuration, now.configuration, [])].map(path => {
    const [from, to] = [valueAt(earlier.configuration, path), valueAt(now.configuration, path)];
    const configuration = withValue(now.configuration, path.split('.'), from) as unknown as Configuration;
    return { change: { what: path, from, to }, without: { ...now, configuration } };
  });
  const roles = [...new Set([...Object.keys(earlier.inputs), ...Object.keys(now.inputs)])] as Role[];
  const inputs = roles
    .filter(role => earlier.inputs[role] !== now.inputs[role])
    .map(role => {
      const [from, to] = [earlier.inputs[role], now.inputs[role]];
      const change = { what: `content of ${role}`, from: from?.slice(0, 12), to: to?.slice(0, 12) };
      return { change, without: { ...now, inputs: { ...now.inputs, [role]: from } } };
    });
  const ofSeeds = isDeepStrictEqual(earlier.seeds, now.seeds)
    ? []
    : [
        {
          change: { what: 'seeds', from: earlier.seeds, to: now.seeds },
          without: { ...now, seeds: earlier.seeds },
        },
      ];
  return [...settings, ...inputs, ...ofSeeds];
}

/** The innermost paths at which two configurations differ; where a variant changed, the whole part. */
function* changedPaths(from: unknown, to: unknown, path: readonly string[]): Generator<string> {
  if (isDeepStrictEqual(from, to)) return;
  const isVariant = isMapping(from) && isMapping(to) && from.method !== to.method;
  if (!isMapping(from) || !isMapping(to) || isVariant) {
    yield path.join('.');
    return;
  }
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)]))
    yield* changedPaths(from[key], to[key], [...path, key]);
}
