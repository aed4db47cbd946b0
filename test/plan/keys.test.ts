import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { documents, numbers } from '../../src/catalogue/measures.ts';
import { dependencies, type Stage } from '../../src/contract/stage.ts';
import { planSweep } from '../../src/plan/plan.ts';
import type { Configuration } from '../../src/spec/configuration.ts';
import { phasesOf } from '../../src/spec/phases.ts';
import { withValue } from '../../src/spec/pointer.ts';
import { settingPaths } from '../../src/spec/schema.ts';
import { parseSpec } from '../../src/spec/sweep.ts';
import { assumedOf } from '../support/inputs.ts';
import { type Acts, actsOf, type Content, otherwise } from './acts.ts';
import { knownOf } from './pairs.ts';

/* Every setting changes the keys of the stages that it acts on and of what builds on them, and no other key. */

/** All kinds of stages but one that trains the target: a joint phase, two that learn from the same logits, two rounds. */
const base = {
  name: 'keys',
  target: { network: 'resnet8', dataset: 'cifar10', weights: 'target.th' },
  permutation: 'in-filter',
  phases: [
    { name: 'joint', losses: ['reconstruction', 'kd', 'fmd'] },
    { name: 'second', losses: ['kd'], from: 'best-of-seeds' },
    { name: 'third', losses: ['kd'] },
  ],
  compression: { fineTune: { iterations: 9 } },
  progressive: { rounds: 2 },
  evaluate: Object.keys({ ...numbers, ...documents }),
  seeds: [0, 1],
};

interface Planned {
  readonly configuration: Configuration;
  /** By what they are in a run, whatever the cell is called. */
  readonly stages: ReadonlyMap<string, Stage>;
}

const roles = ['weights', 'teacher', 'permutation', 'train', 'test', 'ood', 'original', 'original-teacher'];

/** The plan of a spec whose files hold other content where that is said, else the same as all; undefined: it is refused. */
function planned(spec: unknown, changed: readonly Content[]): Planned | undefined {
  const parsed = parseSpec(stringify(spec), 'keys.yaml');
  if (!parsed.ok) return undefined;
  const cell = parsed.sweep.cells[0]!;
  const phases = phasesOf(cell.configuration);
  const ofPhases = phases.flatMap(({ configuration: { predictor } }, i) => [
    [`images:${i}`, changed.includes('images')] as const,
    ...(predictor.init.method === 'checkpoint'
      ? [[`predictor:${i}`, changed.includes('predictor')] as const]
      : []),
  ]);
  const contents = [...roles.map(role => [role, changed.includes(role as Content)] as const), ...ofPhases];
  const hashes = Object.fromEntries(
    contents.map(([role, other]) => [role, `${other ? 'other' : 'some'} ${role}`]),
  );
  const plan = planSweep(parsed.sweep, assumedOf(parsed.sweep, { ...hashes, 'original-count': '50000' }));
  const places = [...plan.stages.values()].map(stage => [placeOf(stage, cell.id), stage] as const);
  const stages = new Map(places);
  expect(stages.size, 'places are unique').toBe(plan.stages.size);
  return { configuration: cell.configuration, stages };
}

const placeOf = (stage: Stage, cell: string) =>
  [stage.kind, stage.name.replace(cell, ''), ...(stage.kind === 'evaluation' ? [stage.split] : [])].join(' ');

/** The stages that are acted on, and all that build on them. */
function reached({ stages }: Planned, acts: (stage: Stage) => boolean): Set<string> {
  const keys = new Set<string>();
  const found = new Set<string>();
  for (const [place, stage] of stages) {
    if (!acts(stage) && !dependencies(stage).some(key => keys.has(key))) continue;
    keys.add(stage.key);
    found.add(place);
  }
  return found;
}

/** Whether a setting acts on a stage by itself. */
const actsOn = (on: Acts['on']) => (stage: Stage) =>
  on.some(one => {
    const [what, ...names] = one.split(' ');
    if (what === 'target') return readsTarget(stage);
    if (what === 'split') return stage.kind === 'evaluation' && names.includes(stage.split);
    return (
      what === stage.kind && (names.length === 0 || ('measure' in stage && names.includes(stage.measure)))
    );
  });

/** Whether it reads the network that the spec names, with no stage before it. */
const readsTarget = ({ kind, inputs }: Stage) =>
  inputs.target === undefined && ['permutation', 'guidance', 'phase', 'evaluation'].includes(kind);

const withAll = (spec: unknown, settings: Readonly<Record<string, unknown>>) =>
  Object.entries(settings).reduce((whole, [path, value]) => withValue(whole, path.split('.'), value), spec);

/** The places in both plans, and those of them whose keys differ. */
function compared(one: Planned, other: Planned) {
  const both = [...one.stages.keys()].filter(place => other.stages.has(place));
  const changed = both.filter(place => one.stages.get(place)!.key !== other.stages.get(place)!.key);
  return { both, changed };
}

/** Holds that a setting changes the keys of what it acts on, and of what builds on that, and no others. */
function check(path: string, { on, content = [], isPlace = false, ...acts }: Acts): void {
  const known = knownOf(path);
  const values = acts.values ?? known.values;
  const spec = withAll(withAll(base, acts.with ?? {}), known.methods);
  const specs = values.map(value => withValue(spec, path.split('.'), value));
  const [first, ...others] = specs.filter(one => planned(one, []) !== undefined);
  if (first === undefined) throw new Error(`Expected a value of \`${path}\` that is not refused, found none`);
  const one = planned(first, [])!;
  const second = others.find(
    other => !isDeepStrictEqual(planned(other, [])!.configuration, one.configuration),
  );
  if (second === undefined)
    throw new Error(`Expected two values of \`${path}\` that differ, found ${others.length} others`);

  const { both, changed } = compared(one, planned(second, content)!);
  const expected = reached(one, actsOn(on));
  expect(changed).toEqual(both.filter(place => expected.has(place)));
  if (on.length > 0) expect(changed).not.toEqual([]);
  if (isPlace) expect(compared(one, planned(second, [])!).changed).toEqual([]);
}

describe('another value changes the keys of what a setting acts on, and no others:', () => {
  it.each(settingPaths)('%s', path => check(path, actsOf(path)));
  it.each(otherwise)('%s where it acts otherwise', check);
});
