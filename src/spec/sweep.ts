import { resolve as absolute, dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Assignment, Combination } from './assignment.ts';
import { type Cell, draftOf } from './cell.ts';
import { type Built, buildCells, incompleteProblems, type Misplaced } from './cells.ts';
import type { Report } from './configuration.ts';
import { type Diagnostic, type Location, type Sources, tidy } from './diagnostic.ts';
import { assignmentsIn, axesOf, expandGrid, type Grid, MAX_CELLS } from './grid.ts';
import { diagnosticOf, locator } from './locate.ts';
import { type Outer, outerOf } from './outer.ts';
import { applyOverrides, type Overrides } from './overrides.ts';
import { phasesOf } from './phases.ts';
import { below, hasEntries, isIndex, isMapping, type Mapping, type Pointer, pointerTo } from './pointer.ts';
import { idleAxes, metricOf, reportProblems } from './report-rules.ts';
import { configurationKeys, sweepSchema } from './schema.ts';
import { quote } from './text.ts';
import { type Problem, validate } from './validate.ts';
import { readYaml } from './yaml.ts';

/** Cells times seeds. Every run is a process and a folder; this many would take years. */
export const MAX_RUNS = 100_000;

/** A checked spec: what is to be run. */
export interface Sweep {
  name: string;
  description?: string;
  /** The spec file as it was given, its folder (absolute), and its text. */
  file: string;
  folder: string;
  text: string;
  cells: Cell[];
  seeds: number[];
  /** The paths that the grid varies: of matrix, zip and include, in the order written. */
  axes: string[];
  report?: Report;
  /** What is to compute, by its name, where the command line does not say. */
  device?: string;
  /** Where a setting of a cell (of all cells when none is given) is written, for diagnostics found later. */
  locate(path: string, cell?: Cell): Location;
  /** The texts that locations lead into: the spec's and the options'. */
  sources: Sources;
}

export type Result = { ok: true; sweep: Sweep } | { ok: false; diagnostics: Diagnostic[]; sources: Sources };

/** Checks and expands the text of a spec. Pure: reads no files. All that is wrong is reported at once. */
export function parseSpec(text: string, file: string, overrides: Overrides = {}): Result {
  const sources = new Map([[file, text]]);
  const failed = (diagnostics: Diagnostic[]): Result => ({
    ok: false,
    diagnostics: tidy(diagnostics),
    sources,
  });

  const read = readYaml(text, file);
  if (read.document === undefined) return failed(read.diagnostics);
  const { data, places } = read.document;
  if (!isMapping(data)) {
    return failed([
      ...read.diagnostics,
      ...validate('spec', data).map(problem => diagnosticOf(problem, locator(places, file))),
    ]);
  }
  const overridden = applyOverrides({ data, places }, overrides);
  for (const [option, given] of overridden.sources) sources.set(option, given);

  const { document, fixed } = overridden;
  const spec = document.data;
  const locate = locator(document.places, file);
  const { outer, isGridWhole, problems: outerProblems } = outerOf(spec);
  const axes = axesOf(spec);
  // What is set in an entry of a list leaves the list the grid's own.
  const grid = isGridWhole
    ? expandGrid(
        outer,
        fixed.filter(({ path }) => !path.split('.').some(isIndex)),
      )
    : { combinations: [], problems: [] };
  const base = Object.fromEntries(Object.entries(spec).filter(([key]) => configurationKeys.includes(key)));
  const built = buildCells(base, grid.combinations, axes, fixed);
  const seeds = seedsOf(outer);
  const cells = built.cells.map(({ cell }) => cell);
  const sound = isGridWhole && grid.problems.length === 0;

  const problems: Misplaced[] = [
    ...[
      ...outerProblems,
      ...grid.problems,
      ...(sound ? [...emptyGrid(grid), ...tooManyRuns(grid, seeds, outer)] : []),
      // A path that is misspelt in the grid is not missed by the report as well.
      ...(isGridWhole ? reportProblems(outer.report, axes, sound ? cells : []) : []),
      ...(sound ? idleAxes(axes, cells, axis => placeOfAxis(outer, axis)) : []),
    ].map(shared),
    ...incompleteProblems(base, [], axes, fixed),
    ...(sound
      ? built.problems
      : assignmentsIn(spec)
          .slice(0, MAX_CELLS)
          .flatMap(one => incompleteProblems(base, [one], axes, fixed))),
  ];
  if (seeds.length === 1) problems.push(...built.cells.flatMap(selectionProblems));
  if (sound) problems.push(...strayEntries(base, grid.combinations, fixed));
  const diagnostics = [
    ...read.diagnostics,
    ...overridden.diagnostics,
    // What could not be read is not complained about again for the value it lacks.
    ...problems
      .map(({ problem, assignments }) => diagnosticOf(problem, locate, assignments))
      .filter(one => !read.diagnostics.some(other => isDeepStrictEqual(other.range, one.range))),
  ];
  const { name, description, report, device } = outer;
  if (diagnostics.length > 0 || name === undefined) return failed(diagnostics);

  const origins = new Map(built.cells.map(({ cell, assignments }) => [cell.id, assignments]));
  const sweep: Sweep = {
    name,
    ...(description === undefined ? {} : { description }),
    file,
    folder: absolute(dirname(file)),
    text,
    cells,
    seeds,
    axes,
    ...(report === undefined ? {} : { report: { metric: metricOf(cells), ...report } as Report }),
    ...(device === undefined ? {} : { device }),
    locate: (path, cell) => locate(pointerTo(path), 'value', origins.get(cell?.id ?? '') ?? fixed),
    sources,
  };
  return { ok: true, sweep };
}

/** Where the grid names an axis; an include alone has it in the first entry that does. */
function placeOfAxis({ matrix = {}, zip = {}, include: entries = [] }: Outer, axis: string): Pointer {
  const [list] = Object.entries({ matrix, zip }).find(([, lists]) => Object.hasOwn(lists, axis)) ?? [];
  if (list !== undefined) return below(`/${list}`, axis);
  return below(
    below(
      '/include',
      entries.findIndex(entry => Object.hasOwn(entry, axis)),
    ),
    axis,
  );
}

const shared = (problem: Problem): Misplaced => ({ problem, assignments: [] });

function seedsOf({ seeds, repeats = sweepSchema.properties!.repeats!.default as number }: Outer): number[] {
  return seeds ?? Array.from({ length: repeats }, (_, seed) => seed);
}

function emptyGrid({ combinations }: Grid): Problem[] {
  if (combinations.length > 0) return [];
  const message = 'Expected `exclude` to leave a combination of the grid, got none left';
  return [{ code: 'empty-grid', pointer: '/exclude', at: 'key', message }];
}

function tooManyRuns({ combinations }: Grid, seeds: readonly number[], outer: Outer): Problem[] {
  const runs = combinations.length * seeds.length;
  if (runs <= MAX_RUNS) return [];
  const counts = `${combinations.length} cells with ${seeds.length} seeds each`;
  const message = `Expected at most ${MAX_RUNS.toLocaleString('en-US')} runs, got ${counts}`;
  return [
    {
      code: 'grid-too-large',
      pointer: outer.seeds === undefined ? '/repeats' : '/seeds',
      at: 'key',
      message,
    },
  ];
}

/** What is set in an entry that no cell's list has would change nothing. */
function strayEntries(
  base: Mapping,
  combinations: readonly Combination[],
  fixed: readonly Assignment[],
): Misplaced[] {
  return fixed
    .filter(({ path }) => path.split('.').some(isIndex))
    .filter(one => {
      const others = fixed.slice(0, fixed.indexOf(one));
      return !combinations.some(some => hasEntries(draftOf(base, [...some, ...others]), one.path.split('.')));
    })
    .map(one => {
      const keys = one.path.split('.');
      const list = keys.slice(0, keys.findIndex(isIndex)).join('.');
      const problem: Problem = {
        code: 'bad-override',
        pointer: pointerTo(one.path),
        at: 'value',
        message: `Expected ${quote(list)} of a cell to be a list with the entry of ${quote(one.path)}, found none`,
        hint: 'entries are counted from 0',
      };
      return { problem, assignments: [one] };
    });
}

/** Where the best of several seeds is asked for, one seed is a mistake. */
function selectionProblems({ cell, assignments }: Built['cells'][number]): Misplaced[] {
  const { configuration } = cell;
  const i = phasesOf(configuration).findIndex(({ start }) => start === 'best-of-seeds');
  const isList = Array.isArray(configuration.phases);
  const pointer = i < 0 ? undefined : isList ? `/phases/${i}/from` : '/phases';
  if (pointer === undefined) return [];
  const message = 'Expected several seeds where a phase begins with the best of them, got one';
  const hint = 'raise `repeats`, or begin the phase `from: previous`';
  return [{ problem: { code: 'impossible-combination', pointer, at: 'value', message, hint }, assignments }];
}
