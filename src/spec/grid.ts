import { canonicalJson } from '../canonical-json.ts';
import { type Assignment, type Combination, same } from './assignment.ts';
import { excludeFrom, includeInto } from './include.ts';
import type { GridKeys } from './outer.ts';
import { below, isMapping, overlaps, type Pointer, parentOf } from './pointer.ts';
import { settingPaths } from './schema.ts';
import { didYouMean } from './suggest.ts';
import { listed, quote } from './text.ts';
import type { Problem } from './validate.ts';

/** A cell is hours of training and a row of a table: a larger grid is a slip of the pen, and would only fill memory. */
export const MAX_CELLS = 10_000;

export interface Grid {
  combinations: Combination[];
  problems: Problem[];
}

/** One axis of the product: the paths that advance together, and its points. A matrix key is an axis of one path. */
interface Axis {
  points: Assignment[][];
}

/**
 * The combinations of a spec's grid, with the meaning GitHub Actions gives to matrix, include and exclude.
 * `fixed` are values given from outside, which hold in every combination.
 */
export function expandGrid(spec: GridKeys, fixed: readonly Assignment[]): Grid {
  const axes = [...matrixAxes(spec.matrix), ...zipAxes(spec.zip)];
  const own = new Set(axes.flatMap(({ points }) => points[0]!.map(({ path }) => path)));
  const include = entries(spec.include, '/include');
  const exclude = entries(spec.exclude, '/exclude');
  const extras = include.flat().filter(({ path }) => !own.has(path));
  const problems = [
    ...unequalLists(spec.zip),
    ...overlapping(axes, extras),
    ...exclude
      .flat()
      .filter(({ path }) => !own.has(path))
      .map(({ path, at }) => notInGrid(path, at, [...own])),
  ];
  if (problems.length > 0) return { combinations: [], problems };

  const narrowed = axes.map(axis => narrow(axis, fixed));
  const size = narrowed.reduce((product, { points }) => product * BigInt(points.length), 1n);
  if (size > MAX_CELLS) return { combinations: [], problems: [tooLarge(size, spec)] };

  const product = narrowed.reduce<Combination[]>(
    (combinations, { points }) =>
      combinations.flatMap(combination => points.map(point => [...combination, ...point])),
    [[]],
  );
  const excluded = excludeFrom(
    product,
    exclude.filter(entry => !contradicts(entry, fixed)),
  );
  const included = includeInto(
    own.size === 0 && include.length > 0 ? [] : excluded.combinations,
    include.filter(
      entry =>
        !contradicts(
          entry.filter(({ path }) => own.has(path)),
          fixed,
        ),
    ),
    product,
  );
  return { combinations: included.combinations, problems: [...excluded.problems, ...included.problems] };
}

/**
 * The paths that the grid varies, of matrix, zip and include, in the order written; also of a grid with mistakes, in
 * which what is no list or no mapping assigns nothing.
 */
export function axesOf(spec: Record<string, unknown>): string[] {
  return [...new Set(assignmentsIn(spec).map(({ path }) => path))];
}

/** Every value that matrix, zip and include assign to a path; also of a grid with mistakes. */
export function assignmentsIn(spec: Record<string, unknown>): Assignment[] {
  const points = [...lists(spec.matrix, '/matrix'), ...lists(spec.zip, '/zip')].flatMap(
    ({ path, values, at }) => values.map((value, i) => ({ path, value, at: below(at, i) })),
  );
  return [...points, ...entries(spec.include, '/include').flat()].filter(({ path }) =>
    settingPaths.includes(path),
  );
}

function matrixAxes(matrix: unknown): Axis[] {
  return lists(matrix, '/matrix').map(({ path, values, at }) => ({
    points: values.map((value, i) => [{ path, value, at: below(at, i) }]),
  }));
}

function zipAxes(zip: unknown): Axis[] {
  const zipped = lists(zip, '/zip');
  const length = Math.min(...zipped.map(({ values }) => values.length));
  if (zipped.length === 0) return [];
  const point = (i: number) =>
    zipped.map(({ path, values, at }) => ({ path, value: values[i], at: below(at, i) }));
  return [{ points: Array.from({ length }, (_, i) => point(i)) }];
}

function lists(mapping: unknown, pointer: Pointer) {
  const keys = isMapping(mapping) ? Object.entries(mapping) : [];
  return keys.map(([path, values]) => ({
    path,
    values: Array.isArray(values) ? values : [],
    at: below(pointer, path),
  }));
}

function entries(list: unknown, pointer: Pointer): Assignment[][] {
  return (Array.isArray(list) ? list : []).map((entry, i) =>
    Object.entries(isMapping(entry) ? entry : {}).map(([path, value]) => ({
      path,
      value,
      at: below(below(pointer, i), path),
    })),
  );
}

/** An axis whose paths keep only the value that is fixed from outside; one that lies inside a fixed path vanishes. */
function narrow({ points }: Axis, fixed: readonly Assignment[]): Axis {
  const kept = points.map(point =>
    point
      .filter(({ path }) => !fixed.some(other => path.startsWith(`${other.path}.`)))
      .map(one => fixed.findLast(other => other.path === one.path) ?? one),
  );
  const narrowed = fixed.some(other => points[0]!.some(({ path }) => overlaps(path, other.path)));
  return { points: narrowed ? [...new Map(kept.map(point => [keyOf(point), point])).values()] : points };
}

const keyOf = (point: readonly Assignment[]) => canonicalJson(point.map(({ path, value }) => [path, value]));

const contradicts = (entry: readonly Assignment[], fixed: readonly Assignment[]): boolean =>
  entry.some(({ path, value }) =>
    fixed.some(other => overlaps(path, other.path) && !(path === other.path && same(value, other.value))),
  );

function unequalLists(zip: unknown): Problem[] {
  const [first, ...others] = lists(zip, '/zip');
  return others
    .filter(({ values }) => values.length !== first!.values.length)
    .map(({ path, values, at }) => ({
      code: 'unequal-zip',
      pointer: at,
      at: 'key',
      message: `Expected the lists of \`zip\` to be of equal length, got ${values.length} of ${quote(path)} and ${first!.values.length} of ${quote(first!.path)}`,
      hint: 'lists that are to be combined each with each belong in `matrix`',
    }));
}

/** Two paths of the grid one of which lies in the other would overwrite each other. */
function overlapping(axes: readonly Axis[], extras: readonly Assignment[]): Problem[] {
  const written = axes.flatMap(({ points }) =>
    points[0]!.map(({ path, at }) => ({ path, pointer: parentOf(at) })),
  );
  const added = extras.map(({ path, at }) => ({ path, pointer: at }));
  return [...written, ...added].flatMap(({ path, pointer }, i) => {
    const other = written.slice(0, i).find(before => overlaps(path, before.path));
    // An include may refine a whole value of the grid: { sampler.batch } on top of the matrix key sampler.
    if (other === undefined || (i >= written.length && path.startsWith(`${other.path}.`))) return [];
    const message = `Expected paths of the grid that do not overlap, got ${quote(path)} and ${quote(other.path)}`;
    return [{ code: 'overlapping-paths', pointer, at: 'key', message }];
  });
}

function notInGrid(path: string, at: Pointer, own: readonly string[]): Problem {
  return {
    code: 'not-in-grid',
    pointer: at,
    at: 'key',
    message: `Expected ${quote(path)} to be a key of \`matrix\` or \`zip\``,
    expected: own.length === 0 ? 'a spec with `matrix` or `zip`' : listed(own.map(quote)),
    ...didYouMean(path, own),
  };
}

function tooLarge(size: bigint, spec: GridKeys): Problem {
  return {
    code: 'grid-too-large',
    pointer: spec.matrix === undefined ? '/zip' : '/matrix',
    at: 'key',
    message: `Expected at most ${MAX_CELLS.toLocaleString('en-US')} cells, got ${size.toLocaleString('en-US')}`,
    hint: 'split the spec, or advance lists together with `zip`',
  };
}
