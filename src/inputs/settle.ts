import { hashOf } from '../canonical-json.ts';
import { type Placed, place } from '../contract/placed.ts';
import { normalizationOf, usual } from '../data/normalize.ts';
import { Failure } from '../failure.ts';
import type { Cell } from '../spec/cell.ts';
import type { Configuration } from '../spec/configuration.ts';
import type { Sweep } from '../spec/sweep.ts';
import { findTargetRun } from '../target/finished-run.ts';
import { type Maker, makerOf } from '../target/maker.ts';
import { loadNetwork } from '../target/target.ts';
import { createLocate } from './locate.ts';

type Normalize = Configuration['data']['normalize'];

/** A sweep in which all is said, and what is to be told of what was found out. */
export interface Settled {
  readonly sweep: Sweep;
  readonly notes: readonly string[];
}

/**
 * The sweep with what its files decide and the spec leaves open: how images are normalised, for a target and for a teacher
 * whose makers are known. What a spec says stays as it is, and is told where the makers did otherwise. A file that cannot be
 * read decides nothing; `checkInputs` tells why.
 */
export async function settle(sweep: Sweep): Promise<Settled> {
  const locate = createLocate(sweep.folder);
  const known = new Map<string, Promise<unknown>>();
  const once = <Thing>(about: object, make: () => Promise<Thing>): Promise<Thing | undefined> => {
    const name = hashOf(about);
    const made = (known.get(name) as Promise<Thing | undefined> | undefined) ?? make().catch(ignoreFailure);
    known.set(name, made);
    return made;
  };
  const notes = new Set<string>();
  const cells: Cell[] = [];
  for (const cell of sweep.cells) {
    const { configuration } = cell;
    const placed = place(configuration, (await locate(configuration)).files, undefined);
    const task = { ...placed.target, ...placed.data };
    const ofTarget = await once({ task }, () => usedForTarget(placed));
    const ofTeacher = await once({ task, teacher: placed.teacher }, () => usedForTeacher(placed));
    const normalize = decided('data.normalize', configuration.data.normalize, ofTarget, notes);
    cells.push({
      ...cell,
      configuration: withTeacher(
        { ...configuration, data: { ...configuration.data, normalize } },
        ofTeacher,
        notes,
      ),
    });
  }
  return { sweep: { ...sweep, cells }, notes: [...notes] };
}

const ignoreFailure = (error: unknown) => {
  if (error instanceof Failure) return undefined;
  throw error;
};

/** How the images of a network were normalised, and how that is known. */
type Used = Pick<Maker, 'normalize'> & { readonly known: string };

const madeBy = (maker: Maker | undefined, whose: string): Used | undefined =>
  maker && {
    normalize: maker.normalize,
    known: `the ${whose}'s weights have the names of ${maker.name}'s networks`,
  };

async function usedForTarget(configuration: Placed): Promise<Used | undefined> {
  const { target } = configuration;
  if (target.train !== undefined) return undefined;
  if (target.from === undefined)
    return madeBy(makerOf(await loadNetwork(target, configuration, 'target'), configuration), 'target');
  const run = await findTargetRun(target.from);
  const { normalize } = run.configuration.data;
  return {
    normalize: normalize === 'auto' ? usual : normalize,
    known: `the target is from the run ${run.name}`,
  };
}

async function usedForTeacher(configuration: Placed): Promise<Used | undefined> {
  const { teacher } = configuration;
  if (teacher === 'none') return undefined;
  return madeBy(makerOf(await loadNetwork(teacher, configuration, 'teacher'), configuration), 'teacher');
}

const isSame = (a: Normalize, b: Normalize) => hashOf(normalizationOf(a)) === hashOf(normalizationOf(b));

const told = (normalize: Normalize) => {
  if (typeof normalize === 'string') return `\`${normalize}\``;
  return `\`{ mean: [${normalize.mean.join(', ')}], std: [${normalize.std.join(', ')}] }\``;
};

/** What the spec says, else what the makers did; where that is not what is usual it is told. */
function decided(setting: string, given: Normalize, used: Used | undefined, notes: Set<string>): Normalize {
  if (used === undefined) return given === 'auto' ? usual : given;
  const { normalize, known } = used;
  if (given === 'auto') {
    if (!isSame(normalize, usual))
      notes.add(`normalised by ${told(normalize)}, for ${known}; \`${setting}\` says otherwise`);
    return normalize;
  }
  if (!isSame(given, normalize))
    notes.add(
      `normalised by ${told(given)}, as \`${setting}\` says; but ${known}: those had ${told(normalize)}`,
    );
  return given;
}

/** A teacher that was trained with another normalisation than the images have is given its own. */
function withTeacher(
  configuration: Configuration,
  used: Used | undefined,
  notes: Set<string>,
): Configuration {
  const { teacher, data } = configuration;
  if (teacher === 'none' || used === undefined) return configuration;
  const normalize = decided('teacher.normalize', teacher.normalize ?? 'auto', used, notes);
  if (normalize === 'auto' || (teacher.normalize === undefined && isSame(normalize, data.normalize)))
    return configuration;
  return { ...configuration, teacher: { ...teacher, normalize } };
}
